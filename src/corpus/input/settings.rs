//! The settings of a job that the readers of the inputs need.

use crate::corpus::store::priority::Keep;

/// The names of the fields, or columns, to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) text: &'n str,
    pub(crate) id: &'n str,
    /// The field that the keep policy uses, if it uses one.
    pub(crate) priority: Option<&'n str>,
}

/// How records are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadSettings<'j> {
    pub(crate) fields: Fields<'j>,
    pub(crate) keep: &'j Keep,
    /// The most bytes of a record.
    pub(crate) max_record: usize,
}

//! JSON of the answers: objects with their fields in a given order.
//!
//! In: names and values. Out: JSON.

use std::fmt::Display;

use serde_json::{Value, json};

/// A JSON object with its fields in the order given. The map of `serde_json` would sort them.
pub(crate) fn object(fields: &[(&str, &dyn Display)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// A JSON array of values that are JSON already.
pub(crate) fn array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// An identity with four decimals. More digits would show rounding of the division, not a difference of the texts.
pub(crate) fn rounded(identity: f64) -> Value {
    json!((identity * 1e4).round() / 1e4)
}

//! Huge pages for memory that is large and read at random, or large and soon freed.
//!
//! In: memory that will be written. Out: nothing. On Linux the kernel is asked for pages of 2 MiB there. That
//! is enough if `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise`, which is usual. On other
//! systems nothing happens.
//!
//! **Why.** A query of an [`crate::Index`] reads some forty places in tables of gigabytes. On pages of 4 KiB
//! nearly every such read first waits for the address of its page, because the processor keeps the addresses
//! of only a few thousand pages. A query among ten million documents took 1.3 times as long as one among a
//! million; with the advice it takes 1.15 times as long. The squeezed text, the seeds and the lists that are
//! sorted are new memory each time: seventy megabytes for fifty of text, and getting them page by page took a
//! twelfth of the time of `repeats`. The same advice for the rows of an index had no effect, because a query
//! reads only one or two rows.
//!
//! **Source.** madvise(2), `MADV_HUGEPAGE`.

/// Bytes of a huge page. If the pages of a system have another size, its kernel rounds the advice.
const HUGE: usize = 2 << 20;

/// Asks for huge pages wherever a whole one fits into the memory of these elements; best before they are
/// first written.
pub(crate) fn advise<T>(elements: &Vec<T>) {
    let start = elements.as_ptr().addr().next_multiple_of(HUGE);
    let end = (elements.as_ptr().addr() + elements.capacity() * size_of::<T>()) / HUGE * HUGE;
    if start < end {
        advise_pages(elements.as_ptr().cast::<u8>().with_addr(start), end - start);
    }
}

/// An empty vector with capacity for this many elements, on huge pages where whole ones fit.
pub(crate) fn vec<T>(capacity: usize) -> Vec<T> {
    let elements = Vec::with_capacity(capacity);
    advise(&elements);
    elements
}

#[cfg(target_os = "linux")]
fn advise_pages(start: *const u8, bytes: usize) {
    // SAFETY: the kernel reads and writes nothing through the pointer. The advice changes how memory is
    // backed, not its content, and only for addresses of the vector that the caller has borrowed. A failure
    // has no effect, so the result is ignored.
    unsafe { libc::madvise(start.cast_mut().cast(), bytes, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_pages(_: *const u8, _: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The flags of the mapping that contains an address, as the kernel reports them.
    fn flags(address: usize) -> Option<String> {
        let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next()?.split_once('-');
            let range = range.map(|(start, end)| [start, end].map(|end| usize::from_str_radix(end, 16)));
            if let Some([Ok(start), Ok(end)]) = range {
                inside = (start..end).contains(&address);
            }
            if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return Some(flags.to_owned());
            }
        }
        None
    }

    #[test]
    fn the_kernel_takes_the_advice_and_the_content_is_unchanged() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage/enabled").exists() {
            eprintln!("skipped: this kernel has no huge pages");
            return;
        }
        // Large enough to get a separate mapping from every common allocator.
        let large: Vec<u32> = (0..16 << 20).collect();
        let middle = large.as_ptr().addr() + (32 << 20);
        advise(&large);
        assert!(large.iter().zip(0..).all(|(&element, number)| element == number));
        let Some(flags) = flags(middle) else {
            eprintln!("skipped: this system does not report the flags of mappings");
            return;
        };
        assert!(flags.contains(" hg"), "{flags}");
    }

    #[test]
    fn small_and_empty_vectors_get_no_advice() {
        advise::<u64>(&Vec::new());
        advise(&vec![1, 2, 3]);
        advise(&vec![0_u8; HUGE - 1]);
    }
}

//! Huge pages for what is large and read at random, or large and soon given back.
//!
//! In: memory that something is going to lie in. Out: nothing; on Linux the kernel is told that pages of 2 MiB are wanted
//! there, which is all it takes where `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise`, as is usual. Elsewhere nothing
//! happens.
//!
//! Why: a query of an [`crate::Index`] reads some forty places of tables of gigabytes. On pages of 4 KiB nearly every one of
//! these reads first waits for the address of its page, because the machine keeps the addresses of few thousand. Among ten million
//! documents the advice takes a query from 1.3 times the time among a million to 1.15 times. Tried and lost: the same for the
//! rows of an index, of which a query reads one or two; it changed nothing. And the squeezed text, the seeds and the lists that are sorted
//! come fresh from the kernel each time: seventy megabytes for fifty of text, which a page at a time took a twelfth of the
//! time of `repeats`.
//!
//! Source: madvise(2), `MADV_HUGEPAGE`.

/// Bytes of a huge page. Where they are of another size, the kernel makes of the advice what it can.
const HUGE: usize = 2 << 20;

/// Asks for huge pages wherever a whole one fits into the memory of these elements, best before they are first written.
pub(crate) fn advise<T>(elements: &Vec<T>) {
    let start = elements.as_ptr().addr().next_multiple_of(HUGE);
    let end = (elements.as_ptr().addr() + elements.capacity() * size_of::<T>()) / HUGE * HUGE;
    if start < end {
        advise_pages(elements.as_ptr().cast::<u8>().with_addr(start), end - start);
    }
}

/// An empty vector with room for so many elements, on huge pages as far as whole ones fit.
pub(crate) fn vec<T>(capacity: usize) -> Vec<T> {
    let elements = Vec::with_capacity(capacity);
    advise(&elements);
    elements
}

#[cfg(target_os = "linux")]
fn advise_pages(start: *const u8, bytes: usize) {
    // SAFETY: the kernel reads and writes nothing through the pointer. This advice changes how memory is backed, never
    // what it holds, and for no address but those of the vector that the caller has borrowed. Whether it is
    // followed matters to nobody, so the answer is not looked at.
    unsafe { libc::madvise(start.cast_mut().cast(), bytes, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_pages(_: *const u8, _: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The flags of the mapping that holds an address, as the kernel tells them.
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
    fn the_kernel_knows_and_the_content_stays() {
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage/enabled").exists() {
            eprintln!("skipped: this kernel has no huge pages");
            return;
        }
        // Its own mapping in every allocator that is usual.
        let large: Vec<u32> = (0..16 << 20).collect();
        let middle = large.as_ptr().addr() + (32 << 20);
        advise(&large);
        assert!(large.iter().zip(0..).all(|(&element, number)| element == number));
        let Some(flags) = flags(middle) else {
            eprintln!("skipped: this system tells no flags of mappings");
            return;
        };
        assert!(flags.contains(" hg"), "{flags}");
    }

    #[test]
    fn little_and_nothing_are_left_alone() {
        advise::<u64>(&Vec::new());
        advise(&vec![1, 2, 3]);
        advise(&vec![0_u8; HUGE - 1]);
    }
}

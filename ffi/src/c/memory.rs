//! The host's memory: checked as far as it can be before it is read or written.

use std::ffi::{CStr, c_char};
use std::mem::{align_of, size_of};

use super::error::{DuetError, Failure};

/// Larger than any of our structs will be: a size beyond it was never set.
const MAX_STRUCT: usize = 4096;

/// A struct that may grow: its first field, `size`, is what the host's compiler says of it.
///
/// # Safety
/// `repr(C)`, `size: usize` first, and all zero bytes are a valid value.
pub(crate) unsafe trait Versioned: Copy {
    /// The size in the first version that had this struct.
    const FIRST: usize = size_of::<Self>();
}

/// All defaults.
pub(crate) fn zeroed<T: Versioned>() -> T {
    // SAFETY: the trait promises that zero bytes are valid.
    unsafe { std::mem::zeroed() }
}

/// Reads a struct that an older or newer host filled in; all defaults for NULL. What an older host
/// does not know is zero; what we do not know must be.
///
/// # Safety
/// `source` is NULL or points to as many readable bytes as its `size` says.
pub(crate) unsafe fn read<T: Versioned>(what: &str, source: *const T) -> Result<T, Failure> {
    if source.is_null() {
        return Ok(zeroed());
    }
    // SAFETY: the caller's promise.
    let size = unsafe { checked_size(what, source)? };
    let ours = size_of::<T>();
    // SAFETY: `size` bytes are readable.
    let bytes = unsafe { std::slice::from_raw_parts(source.cast::<u8>(), size) };
    if bytes.iter().skip(ours).any(|byte| *byte != 0) {
        return Err(Failure::argument(format!(
            "{what} sets a field that this version of Duet does not know"
        )));
    }
    let mut value = zeroed::<T>();
    // SAFETY: both hold the bytes copied, and are different memory.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut value).cast::<u8>(), size.min(ours)) };
    Ok(value)
}

/// Writes as much of a struct as an older or newer host has room for; the rest of its struct becomes
/// zero, its `size` stays.
///
/// # Safety
/// `target` is NULL or points to as many writable bytes as its `size` says.
pub(crate) unsafe fn write<T: Versioned>(what: &str, target: *mut T, value: &T) -> Result<(), Failure> {
    if target.is_null() {
        return Err(null(what));
    }
    // SAFETY: the caller's promise.
    let size = unsafe { checked_size(what, target)? };
    let common = size.min(size_of::<T>());
    let head = size_of::<usize>();
    let (from, to) = ((&raw const *value).cast::<u8>(), target.cast::<u8>());
    // SAFETY: `size` bytes are writable, `common` are readable, and they are different memory.
    unsafe {
        std::ptr::copy_nonoverlapping(from.add(head), to.add(head), common - head);
        to.add(common).write_bytes(0, size - common);
    }
    Ok(())
}

/// # Safety
/// `pointer` is not NULL and points to a `usize`.
unsafe fn checked_size<T: Versioned>(what: &str, pointer: *const T) -> Result<usize, Failure> {
    if !pointer.cast::<T>().is_aligned() {
        return Err(Failure::argument(format!("{what} is not aligned to {} bytes", align_of::<T>())));
    }
    // SAFETY: aligned, and the caller's promise.
    let size = unsafe { pointer.cast::<usize>().read() };
    if (T::FIRST..=MAX_STRUCT).contains(&size) {
        Ok(size)
    } else {
        Err(Failure::argument(format!(
            "{what} has the size {size}; set its first field to sizeof, at least {}",
            T::FIRST
        )))
    }
}

/// Writes a result.
///
/// # Safety
/// `target` is NULL, or may be written.
pub(crate) unsafe fn put<T>(what: &str, target: *mut T, value: T) -> Result<(), Failure> {
    writable(what, target)?;
    // SAFETY: not NULL, aligned, and the caller's promise.
    unsafe { target.write(value) };
    Ok(())
}

/// Checks a place for a result before anything is done that could not be undone.
pub(crate) fn writable<T>(what: &str, target: *mut T) -> Result<(), Failure> {
    if target.is_null() {
        Err(null(what))
    } else if target.is_aligned() {
        Ok(())
    } else {
        Err(Failure::argument(format!("{what} is not aligned to {} bytes", align_of::<T>())))
    }
}

/// A text that must be there.
///
/// # Safety
/// `source` is NULL or ends with NUL, and lives as long as the result is used.
pub(crate) unsafe fn text<'a>(what: &str, source: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise.
    unsafe { optional_text(what, source)? }.ok_or_else(|| null(what))
}

/// A text, or `None` for NULL.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn optional_text<'a>(
    what: &str,
    source: *const c_char,
) -> Result<Option<&'a str>, Failure> {
    if source.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(source) };
    text.to_str().map(Some).map_err(|_| Failure::argument(format!("{what} is not valid UTF-8")))
}

/// `length` elements to read; NULL is fine for none.
///
/// # Safety
/// `source` points to `length` readable elements that live as long as the result is used.
pub(crate) unsafe fn slice<'a, T>(what: &str, source: *const T, length: usize) -> Result<&'a [T], Failure> {
    check_slice(what, source, length)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: checked, and the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(source, length) })
}

/// `length` elements to write; NULL is fine for none.
///
/// # Safety
/// `target` points to `length` writable elements that nobody else uses meanwhile.
pub(crate) unsafe fn slice_mut<'a, T>(
    what: &str,
    target: *mut T,
    length: usize,
) -> Result<&'a mut [T], Failure> {
    check_slice(what, target, length)?;
    if length == 0 {
        return Ok(&mut []);
    }
    // SAFETY: checked, and the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts_mut(target, length) })
}

fn check_slice<T>(what: &str, pointer: *const T, length: usize) -> Result<(), Failure> {
    if length == 0 {
        return Ok(());
    }
    if pointer.is_null() {
        return Err(null(what));
    }
    if !pointer.is_aligned() {
        return Err(Failure::argument(format!("{what} is not aligned to {} bytes", align_of::<T>())));
    }
    // A length that cannot be is most likely a negative number.
    if length > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(Failure::argument(format!("{what} cannot have {length} elements")));
    }
    Ok(())
}

/// Copies a text and its NUL into the host's buffer; says how many bytes it needs either way.
///
/// # Safety
/// `buffer` points to `capacity` writable bytes; `needed` is NULL or may be written.
pub(crate) unsafe fn put_text(
    source: &str,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> Result<(), Failure> {
    let length = source.len() + 1;
    if !needed.is_null() {
        // SAFETY: the caller's promise.
        unsafe { put("needed", needed, length)? };
    }
    // SAFETY: the caller's promise.
    let target = unsafe { slice_mut("buffer", buffer.cast::<u8>(), capacity)? };
    if capacity < length {
        let message = format!("the buffer holds {capacity} bytes, {length} are needed");
        return Err(Failure::new(DuetError::BufferTooSmall, message));
    }
    target[..source.len()].copy_from_slice(source.as_bytes());
    target[source.len()] = 0;
    Ok(())
}

/// A text in a field of fixed length: cut to fit, always ended by NUL.
pub(crate) fn field<const N: usize>(source: &str) -> [c_char; N] {
    let mut cut = source.len().min(N - 1);
    while !source.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut field = [0; N];
    for (to, from) in field.iter_mut().zip(&source.as_bytes()[..cut]) {
        *to = *from as c_char;
    }
    field
}

pub(crate) fn null(what: &str) -> Failure {
    Failure::argument(format!("{what} is NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Grown {
        size: usize,
        old: u32,
        new: u32,
    }

    // SAFETY: repr(C), its size first, and integers may be zero.
    unsafe impl Versioned for Grown {
        const FIRST: usize = 12;
    }

    #[test]
    fn what_an_older_host_does_not_know_is_zero() {
        let older = Grown { size: 12, old: 7, new: 99 };
        // SAFETY: a struct of ours.
        let read = unsafe { read("it", &older) }.expect("12 bytes are enough");
        assert_eq!((read.old, read.new), (7, 0));
    }

    #[test]
    fn what_a_newer_host_sets_and_we_do_not_know_is_refused() {
        let mut newer = [Grown { size: 32, old: 7, new: 8 }, Grown { size: 0, old: 0, new: 0 }];
        // SAFETY: 32 bytes are there.
        assert_eq!(unsafe { read("it", newer.as_ptr()) }.expect("zero is the default").new, 8);
        newer[1].old = 1;
        // SAFETY: as above.
        let refused = unsafe { read("it", newer.as_ptr()) }.err().expect("unknown field");
        assert_eq!(refused.code, DuetError::InvalidArgument);
    }

    #[test]
    fn a_size_that_was_never_set_is_refused() {
        for size in [0, 11, 1 << 40] {
            let broken = Grown { size, old: 0, new: 0 };
            // SAFETY: only the size is read.
            assert!(unsafe { read("it", &broken) }.is_err());
        }
    }

    #[test]
    fn no_more_is_written_than_an_older_host_has_room_for() {
        let mut older = Grown { size: 12, old: 0, new: 99 };
        // SAFETY: a struct of ours.
        unsafe { write("it", &mut older, &Grown { size: 16, old: 1, new: 2 }) }.expect("room");
        assert_eq!((older.size, older.old, older.new), (12, 1, 99));
    }

    #[test]
    fn a_text_is_cut_between_characters_and_ends_with_nul() {
        let field = field::<4>("aéé");
        assert_eq!(field.map(|byte| byte as u8), [b'a', 0xC3, 0xA9, 0]);
    }
}

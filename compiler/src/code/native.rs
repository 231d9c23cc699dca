//! Machine code in memory that may be run, and the calls into it. The only file with `unsafe`: it turns addresses into
//! functions, calls them, and frees their memory when none can be called any more.

#![expect(unsafe_code, reason = "machine code is called at its address, and its memory is freed by hand")]

use super::NotCompiled;
use super::emit::{Emitter, Placed};
use super::straight::Shape;
use cranelift_codegen::ir::Signature;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module, default_libcall_names};
use std::fmt;
use std::sync::Mutex;

type First = unsafe extern "C" fn(*const u32) -> u32;
type All = unsafe extern "C" fn(*const u32, *mut u32, usize) -> usize;
type Derive = unsafe extern "C" fn(*mut u32);

/// Functions that may be called while this lives.
pub(super) struct Code {
    functions: Vec<Function>,
    width: usize,
    bytes: usize,
    /// Holds the memory; taken only when this is dropped. The lock is never waited for: it is there because what it
    /// guards must not be shared between threads, and nothing here shares it.
    memory: Mutex<Option<JITModule>>,
}

#[derive(Clone, Copy)]
enum Function {
    First(First),
    All { function: All, entries: usize },
    Derive(Derive),
}

impl Code {
    /// Puts functions into memory that may be run. The memory is writable until then, and never both.
    ///
    /// # Errors
    /// If the system gives no such memory.
    pub(super) fn publish(emitter: Emitter) -> Result<Code, NotCompiled> {
        let machine = emitter.finish();
        let (width, bytes) = (machine.width, machine.bytes.len());
        let alignment = u64::from(machine.isa.function_alignment().preferred);
        let signature = Signature::new(machine.isa.default_call_conv());
        let module = JITModule::new(JITBuilder::with_isa(machine.isa, default_libcall_names()));
        let mut code = Code { functions: Vec::new(), width, bytes, memory: Mutex::new(Some(module)) };
        if bytes == 0 {
            return Ok(code);
        }
        let memory = code.memory.get_mut().expect("nothing panics under this lock");
        let module = memory.as_mut().expect("the memory is taken only when this is dropped");
        // All functions are one object: they refer to nothing, each is called by its offset, and no page is half empty.
        let refused = |reason| NotCompiled::NoMemory(format!("{reason:#}"));
        let object = module.declare_anonymous_function(&signature).map_err(refused)?;
        module.define_function_bytes(object, alignment, &machine.bytes, &[]).map_err(refused)?;
        module.finalize_definitions().map_err(refused)?;
        let begin = module.get_finalized_function(object);
        code.functions = machine.functions.iter().map(|placed| Function::at(begin, *placed)).collect();
        Ok(code)
    }

    /// The size of the code.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// # Panics
    /// If a class vector is not as wide as the functions read.
    #[inline]
    pub(super) fn check_width(&self, classes: &[u32]) {
        assert_eq!(classes.len(), self.width, "the class vector is not as wide as the code reads");
    }

    /// Calls a function for the first box.
    ///
    /// # Panics
    /// If the function is another, or the width.
    #[inline]
    pub(super) fn first(&self, function: u32, classes: &[u32]) -> u32 {
        self.check_width(classes);
        let Function::First(function) = self.functions[function as usize] else {
            panic!("the function answers otherwise")
        };
        // SAFETY: the code is in memory while `self` is, and it has this signature (see `Function::at`). It reads
        // only the first `width` classes, which are there: that was checked above, and by `straight::check`.
        unsafe { function(classes.as_ptr()) }
    }

    /// Calls a function for all boxes.
    ///
    /// # Panics
    /// If the function is another, or the width.
    #[inline]
    pub(super) fn all(&self, function: u32, classes: &[u32], out: &mut Vec<u32>) {
        self.check_width(classes);
        let Function::All { function, entries } = self.functions[function as usize] else {
            panic!("the function answers otherwise")
        };
        out.reserve(entries);
        // SAFETY: as in `first`. It writes at `out.len()` and then, at most `entries` times in all, at the place of the
        // last write or the one behind it: below the capacity that was reserved. `straight::check` has seen to both.
        let count = unsafe { function(classes.as_ptr(), out.as_mut_ptr(), out.len()) };
        assert!(out.len() <= count && count <= out.capacity(), "more answers than boxes");
        // SAFETY: the count is within the capacity, and every place below it was written: it is the last place that was
        // written or the one behind, as `straight::check` has seen, and the places follow each other.
        unsafe { out.set_len(count) };
    }

    /// Calls a function that computes truths.
    ///
    /// # Panics
    /// If the function is another, or the width.
    #[inline]
    pub(super) fn derive(&self, function: u32, classes: &mut [u32]) {
        self.check_width(classes);
        let Function::Derive(function) = self.functions[function as usize] else {
            panic!("the function answers otherwise")
        };
        // SAFETY: as in `first`; it also writes only there, and the slice is borrowed for writing.
        unsafe { function(classes.as_mut_ptr()) }
    }
}

impl Function {
    /// The function at an offset of the code.
    fn at(begin: *const u8, placed: Placed) -> Function {
        // The address of code as a pointer is never null, and wrapping arithmetic needs no promise about it.
        let address = begin.wrapping_add(placed.offset);
        // SAFETY: there stands the code that `emit` compiled for this shape, with the calling convention of C and the
        // signature that belongs to the shape: an address is 64 bits there, as `Emitter::new` made sure.
        unsafe {
            match placed.shape {
                Shape::First => Function::First(std::mem::transmute::<*const u8, First>(address)),
                Shape::All { entries } => {
                    Function::All { function: std::mem::transmute::<*const u8, All>(address), entries }
                }
                Shape::Derive => Function::Derive(std::mem::transmute::<*const u8, Derive>(address)),
            }
        }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // Nothing panics under the lock, and if it had, the memory would still be ours.
        let memory = self.memory.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(module) = memory.take() {
            // SAFETY: the addresses never leave `self`, each call borrows it, and it is borrowed for writing here: none
            // is running, and none can be called afterwards.
            unsafe { module.free_memory() };
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("functions", &self.functions.len()).field("bytes", &self.bytes).finish()
    }
}

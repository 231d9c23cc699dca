//! From layout to machine code, as bytes: a function for each chunk, without jumps, calls or loops.
//! Nothing here runs or touches memory that could.

use super::circuit::{Circuit, Gate, Place, Truth, Wire};
use super::layout::{Chunk, Entry, Steps};
use super::straight::{self, Shape};
use super::{CODE_LIMIT_BYTES, NotCompiled};
use crate::decision::boxes::Dimension;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, Value, types};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// A function among the bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// Where it begins.
    pub offset: usize,
    /// What it takes and writes.
    pub shape: Shape,
}

/// Makes functions one after the other.
pub(super) struct Emitter {
    isa: OwnedTargetIsa,
    width: usize,
    context: Context,
    builder: FunctionBuilderContext,
    bytes: Vec<u8>,
    functions: Vec<Placed>,
}

/// What an emitter made: every function passed [`straight::check`], and its code refers to nothing outside itself.
pub(super) struct Machine {
    /// For which machine, as its flags say.
    pub isa: OwnedTargetIsa,
    /// The length of the class vectors.
    pub width: usize,
    /// The code of all functions.
    pub bytes: Vec<u8>,
    /// Where each is, in the order in which they were made.
    pub functions: Vec<Placed>,
}

impl Emitter {
    /// For the machine that runs this.
    ///
    /// # Errors
    /// If its instructions are not known.
    pub(super) fn new(width: usize) -> Result<Emitter, NotCompiled> {
        let unknown = |reason: &dyn std::fmt::Display| NotCompiled::NoBackend(reason.to_string());
        let mut flags = settings::builder();
        let checked = if cfg!(debug_assertions) { "true" } else { "false" };
        // What is to be computed is laid out already, so that the optimizer finds nothing more and takes as long again.
        let wanted = [("opt_level", "none"), ("enable_verifier", checked), ("unwind_info", "false")];
        // A frame that passes a page must touch each, or it could step over the guard behind the stack.
        let probes = [("enable_probestack", "true"), ("probestack_strategy", "inline")];
        for (name, value) in wanted.into_iter().chain(probes) {
            flags.set(name, value).expect("the flags are those of this version");
        }
        let isa = cranelift_native::builder().map_err(|reason| unknown(&reason))?;
        let isa = isa.finish(settings::Flags::new(flags)).map_err(|reason| unknown(&reason))?;
        if isa.pointer_type() != types::I64 {
            return Err(unknown(&"its addresses are not of 64 bits"));
        }
        let (context, builder) = (Context::new(), FunctionBuilderContext::new());
        Ok(Emitter { isa, width, context, builder, bytes: Vec::new(), functions: Vec::new() })
    }

    /// How many functions were made.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.functions.len()).expect("the code's limit is lower")
    }

    /// What was made.
    pub(super) fn finish(self) -> Machine {
        Machine { isa: self.isa, width: self.width, bytes: self.bytes, functions: self.functions }
    }

    /// A function that answers for boxes.
    ///
    /// # Errors
    /// If the code is too large.
    pub(super) fn leaf(&mut self, mode: super::Mode, chunk: &Chunk) -> Result<(), NotCompiled> {
        let shape = match mode {
            super::Mode::First => Shape::First,
            super::Mode::All => Shape::All { entries: chunk.entries.len() },
        };
        self.function(shape, &chunk.circuit, |body| {
            let words: Vec<Value> = chunk.words.iter().map(|word| body.word(word)).collect();
            match mode {
                super::Mode::First => body.first(&words, &chunk.entries),
                super::Mode::All => body.all(&words, &chunk.entries),
            }
        })
    }

    /// A function that computes truths.
    ///
    /// # Errors
    /// If the code is too large.
    pub(super) fn list(&mut self, steps: &Steps) -> Result<(), NotCompiled> {
        self.function(Shape::Derive, &steps.circuit, |body| body.derive(&steps.steps))
    }

    /// Builds, judges and compiles one function.
    fn function(
        &mut self,
        shape: Shape,
        circuit: &Circuit,
        build: impl FnOnce(&mut Body<'_, '_>),
    ) -> Result<(), NotCompiled> {
        self.context.clear();
        self.context.func.signature = signature(&self.isa, shape);
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        builder.seal_block(block);
        let parameters = builder.block_params(block).to_vec();
        let values = vec![None; circuit.gates().len()];
        let mut body = Body { builder, circuit, parameters, values, width: self.width };
        build(&mut body);
        body.builder.finalize(self.isa.frontend_config());
        if let Err(fault) = straight::check(&self.context.func, shape, self.width) {
            panic!("a function is not straight: {fault}");
        }
        let compiled = match self.context.compile(&*self.isa, &mut ControlPlane::default()) {
            Ok(compiled) => compiled,
            Err(fault) => match fault.inner {
                CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded => {
                    return Err(NotCompiled::TooLarge);
                }
                CodegenError::Unsupported(reason) => return Err(NotCompiled::NoBackend(reason)),
                fault => panic!("a straight function does not compile: {fault}"),
            },
        };
        let is_closed = compiled.buffer.relocs().is_empty() && compiled.buffer.call_sites().next().is_none();
        assert!(is_closed, "the code of a straight function refers to something outside");
        let alignment = self.isa.function_alignment().preferred.max(compiled.buffer.alignment) as usize;
        let offset = self.bytes.len().next_multiple_of(alignment);
        if offset + compiled.code_buffer().len() > CODE_LIMIT_BYTES {
            return Err(NotCompiled::TooLarge);
        }
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(compiled.code_buffer());
        self.functions.push(Placed { offset, shape });
        Ok(())
    }
}

fn signature(isa: &OwnedTargetIsa, shape: Shape) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    let (takes, gives) = match shape {
        Shape::First => (1, Some(types::I32)),
        Shape::All { .. } => (3, Some(types::I64)),
        Shape::Derive => (1, None),
    };
    signature.params.extend([AbiParam::new(types::I64); 3].into_iter().take(takes));
    signature.returns.extend(gives.map(AbiParam::new));
    signature
}

/// Boxes whose answers are chosen one after the other; more chains run beside each other in the processor.
const BOXES_PER_CHAIN: usize = 16;

/// Tests joined one after the other.
const PARTS_PER_CHAIN: usize = 4;

/// A function while it is built. Gates are built where they are first asked for, so that few values live at once.
struct Body<'b, 'c> {
    builder: FunctionBuilder<'b>,
    circuit: &'c Circuit,
    parameters: Vec<Value>,
    /// By gate.
    values: Vec<Option<Value>>,
    width: usize,
}

impl Body<'_, '_> {
    /// Answers with the number of the first entry that holds.
    fn first(&mut self, words: &[Value], entries: &[Entry]) {
        let none = self.number(u32::MAX);
        let mut answers = Vec::new();
        for chain in entries.chunks(BOXES_PER_CHAIN) {
            let mut answer = none;
            for entry in chain.iter().rev() {
                let number = self.number(entry.number);
                answer = match self.holds(words, entry) {
                    Some(holds) => self.builder.ins().select(holds, number, answer),
                    None => number,
                };
            }
            answers.push(answer);
        }
        let last = answers.pop().unwrap_or(none);
        let answer = answers.into_iter().rev().fold(last, |after, answer| {
            let is_none = self.builder.ins().icmp(IntCC::Equal, answer, none);
            self.builder.ins().select(is_none, after, answer)
        });
        self.builder.ins().return_(&[answer]);
    }

    /// Appends the number of each entry that holds: writes each, and keeps it by counting on.
    fn all(&mut self, words: &[Value], entries: &[Entry]) {
        let (out, mut count) = (self.parameters[1], self.parameters[2]);
        let two = self.word_constant(2);
        for entry in entries {
            let number = self.number(entry.number);
            let bytes = self.builder.ins().ishl(count, two);
            let address = self.builder.ins().iadd(out, bytes);
            self.builder.ins().store(MemFlagsData::trusted(), number, address, 0);
            let step = match self.holds(words, entry) {
                Some(holds) => self.builder.ins().uextend(types::I64, holds),
                None => self.word_constant(1),
            };
            count = self.builder.ins().iadd(count, step);
        }
        self.builder.ins().return_(&[count]);
    }

    /// Writes each truth where it belongs.
    fn derive(&mut self, steps: &[(Dimension, Truth)]) {
        // What is read is what stood there before the first truth was written; the circuit knows the later truths.
        for (index, gate) in self.circuit.gates().iter().enumerate() {
            if let Gate::Class(dimension) = gate {
                self.values[index] = Some(self.class(*dimension));
            }
        }
        for (dimension, truth) in steps {
            let class = match truth {
                Truth::Constant(holds) => self.number(u32::from(*holds)),
                Truth::Of(wire) => {
                    let truth = self.value(*wire);
                    self.builder.ins().uextend(types::I32, truth)
                }
            };
            let offset = self.offset(*dimension);
            self.builder.ins().store(MemFlagsData::trusted(), class, self.parameters[0], offset);
        }
        self.builder.ins().return_(&[]);
    }

    /// Whether an entry holds; none if it always does.
    fn holds(&mut self, words: &[Value], entry: &Entry) -> Option<Value> {
        let mut clashes: Option<Value> = None;
        for (class, wanted) in &entry.equal {
            let (class, wanted) = (self.value(*class), self.number(*wanted));
            let difference = self.builder.ins().bxor(class, wanted);
            clashes = Some(clashes.map_or(difference, |before| self.builder.ins().bor(before, difference)));
        }
        if !entry.forbidden.is_empty() {
            clashes = clashes.map(|differences| self.builder.ins().uextend(types::I64, differences));
        }
        for (word, forbidden) in &entry.forbidden {
            let forbidden = self.word_constant(*forbidden);
            let clash = self.builder.ins().band(words[*word], forbidden);
            clashes = Some(clashes.map_or(clash, |before| self.builder.ins().bor(before, clash)));
        }
        let clashes = clashes?;
        let zero = if entry.forbidden.is_empty() { self.number(0) } else { self.word_constant(0) };
        Some(self.builder.ins().icmp(IntCC::Equal, clashes, zero))
    }

    /// Gathers a word. Its truths come as bits that are set where they hold, and are turned all at once.
    fn word(&mut self, word: &super::layout::Word) -> Value {
        let mut chains: Vec<Value> = Vec::with_capacity(PARTS_PER_CHAIN);
        let mut turned = 0;
        let classes = word.bits.iter().map(|wire| (*wire, None));
        let truths = word.truths.iter().map(|(wire, bit)| (*wire, Some(*bit)));
        for (index, (wire, bit)) in classes.chain(truths).enumerate() {
            let mut part = self.value(wire);
            if let Some(bit) = bit {
                turned |= 1 << bit;
                part = self.builder.ins().uextend(types::I64, part);
                if bit > 0 {
                    let bit = self.word_constant(u64::from(bit));
                    part = self.builder.ins().ishl(part, bit);
                }
            }
            match chains.get_mut(index % PARTS_PER_CHAIN) {
                Some(chain) => *chain = self.builder.ins().bor(*chain, part),
                None => chains.push(part),
            }
        }
        let turned = (turned != 0).then(|| self.word_constant(turned));
        let gathered =
            chains.into_iter().reduce(|a, b| self.builder.ins().bor(a, b)).expect("a word has a part");
        turned.map_or(gathered, |turned| self.builder.ins().bxor(gathered, turned))
    }

    /// The value of a gate. Depth is bounded by the grammar's nesting limit.
    fn value(&mut self, wire: Wire) -> Value {
        if let Some(value) = self.values[wire.index()] {
            return value;
        }
        let circuit = self.circuit;
        let value = match circuit.gate(wire) {
            Gate::Class(dimension) => self.class(*dimension),
            Gate::Bit { class, place } => self.bit(*class, *place),
            Gate::Within { class, first, last } => self.within(*class, *first, *last),
            Gate::Among { bit, mask } => {
                let (bit, mask, zero) = (self.value(*bit), self.word_constant(*mask), self.word_constant(0));
                let among = self.builder.ins().band(bit, mask);
                self.builder.ins().icmp(IntCC::NotEqual, among, zero)
            }
            Gate::Not(part) => {
                let part = self.value(*part);
                let one = self.builder.ins().iconst(types::I8, 1);
                self.builder.ins().bxor(part, one)
            }
            Gate::All(parts) => {
                let first = self.value(parts[0]);
                parts[1..].iter().fold(first, |all, part| {
                    let part = self.value(*part);
                    self.builder.ins().band(all, part)
                })
            }
            Gate::Any(parts) => {
                let first = self.value(parts[0]);
                parts[1..].iter().fold(first, |any, part| {
                    let part = self.value(*part);
                    self.builder.ins().bor(any, part)
                })
            }
        };
        self.values[wire.index()] = Some(value);
        value
    }

    fn class(&mut self, dimension: Dimension) -> Value {
        let offset = self.offset(dimension);
        self.builder.ins().load(types::I32, MemFlagsData::trusted(), self.parameters[0], offset)
    }

    /// The bit of a class: see [`Place`].
    fn bit(&mut self, class: Wire, place: Place) -> Value {
        let mut index = self.value(class);
        if place.base > 0 {
            let base = self.number(place.base);
            index = self.builder.ins().isub(index, base);
        }
        let top = self.number(place.top);
        let is_below = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, top);
        let index = self.builder.ins().select(is_below, index, top);
        let first = self.word_constant(1 << place.offset);
        self.builder.ins().ishl(first, index)
    }

    fn within(&mut self, class: Wire, first: u32, last: u32) -> Value {
        let mut class = self.value(class);
        if first == last || last == u32::MAX {
            let first_class = self.number(first);
            let how = if first == last { IntCC::Equal } else { IntCC::UnsignedGreaterThanOrEqual };
            return self.builder.ins().icmp(how, class, first_class);
        }
        if first > 0 {
            // What is below the first wraps to the largest numbers.
            let first_class = self.number(first);
            class = self.builder.ins().isub(class, first_class);
        }
        let size = self.number(last - first);
        self.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, class, size)
    }

    fn number(&mut self, number: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(number))
    }

    fn word_constant(&mut self, word: u64) -> Value {
        self.builder.ins().iconst(types::I64, word.cast_signed())
    }

    fn offset(&self, dimension: Dimension) -> i32 {
        assert!((dimension.0 as usize) < self.width, "dimension {} of {}", dimension.0, self.width);
        i32::try_from(dimension.0 * 4).expect("the width has a limit")
    }
}

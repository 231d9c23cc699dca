//! Judges a function before it becomes machine code: that it is one block of steps from a short list, reads only the class
//! vector and writes only where it may. It knows nothing of what the function is to compute, so that a mistake there
//! cannot become a jump, a call or a stray access here.

use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, ValueDef, types};

/// What a function takes, and where it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `fn(classes) -> number`: writes nothing.
    First,
    /// `fn(classes, out, count) -> count`: writes `out` at the count, then at that place or the one behind, and so on; it returns the last place or the one behind.
    All {
        /// How often it writes.
        entries: usize,
    },
    /// `fn(classes)`: writes classes.
    Derive,
}

/// Whether the function is straight.
///
/// # Errors
/// What is not allowed in it.
pub(super) fn check(function: &Function, shape: Shape, width: usize) -> Result<(), String> {
    if function.layout.blocks().count() != 1 {
        return Err("it has more than one block".to_owned());
    }
    let is_bare = function.dfg.ext_funcs.is_empty()
        && function.global_values.is_empty()
        && function.sized_stack_slots.is_empty()
        && function.dynamic_stack_slots.is_empty();
    if !is_bare {
        return Err("it names functions, data or stack".to_owned());
    }
    let block = function.layout.entry_block().expect("there is one block");
    let mut check =
        Check { function, params: function.dfg.block_params(block), shape, width, written: None, stores: 0 };
    function.layout.block_insts(block).try_for_each(|instruction| check.instruction(instruction))
}

struct Check<'f> {
    function: &'f Function,
    params: &'f [Value],
    shape: Shape,
    width: usize,
    /// The count at the last store to the output.
    written: Option<Value>,
    stores: usize,
}

impl Check<'_> {
    fn instruction(&mut self, instruction: Inst) -> Result<(), String> {
        let data = self.function.dfg.insts[instruction];
        match data {
            InstructionData::Load { opcode: Opcode::Load, arg, offset, .. } => {
                self.class(arg, offset.into(), self.function.dfg.first_result(instruction))
            }
            InstructionData::Store { opcode: Opcode::Store, args: [value, address], offset, .. } => {
                self.stores += 1;
                match self.shape {
                    Shape::First => Err("it writes".to_owned()),
                    Shape::All { entries } => self.output(address, offset.into(), value, entries),
                    Shape::Derive => self.class(address, offset.into(), value),
                }
            }
            InstructionData::MultiAry { opcode: Opcode::Return, args } => {
                let given = args.as_slice(&self.function.dfg.value_lists);
                match (self.shape, given) {
                    (Shape::First, [_]) | (Shape::Derive, []) => Ok(()),
                    (Shape::All { .. }, [count]) if self.is_next(*count) => Ok(()),
                    _ => Err("it returns what it may not".to_owned()),
                }
            }
            _ if is_pure(data.opcode()) => Ok(()),
            _ => Err(format!("`{}` is not allowed in it", data.opcode())),
        }
    }

    /// An access to the class vector, within its width.
    fn class(&self, address: Value, offset: i32, value: Value) -> Result<(), String> {
        let place = usize::try_from(offset).ok().filter(|offset| offset % 4 == 0 && offset / 4 < self.width);
        if address != self.params[0] || place.is_none() || self.function.dfg.value_type(value) != types::I32 {
            return Err(format!("it reads or writes {address} + {offset}, which is no class"));
        }
        Ok(())
    }

    /// A store to `out + 4 * count`, where the count is as it came in or has grown by at most one since the last store.
    fn output(&mut self, address: Value, offset: i32, value: Value, entries: usize) -> Result<(), String> {
        let stray = || format!("it writes {address} + {offset}, which is not the next place of the output");
        let [out, bytes] = self.made_by(address, Opcode::Iadd).ok_or_else(stray)?;
        let [count, shift] = self.made_by(bytes, Opcode::Ishl).ok_or_else(stray)?;
        let is_i32 = self.function.dfg.value_type(value) == types::I32;
        let is_placed = out == self.params[1] && self.constant(shift) == Some(2) && offset == 0;
        if !(self.is_next(count) && is_i32 && is_placed && self.stores <= entries) {
            return Err(stray());
        }
        self.written = Some(count);
        Ok(())
    }

    /// Whether a value is the count at the last store, as it is or one more.
    fn is_next(&self, count: Value) -> bool {
        match self.written {
            None => count == self.params[2],
            Some(before) => {
                count == before
                    || self.made_by(count, Opcode::Iadd).is_some_and(|[a, b]| a == before && self.is_step(b))
            }
        }
    }

    /// Whether a value is 0 or 1.
    fn is_step(&self, value: Value) -> bool {
        if self.constant(value) == Some(1) {
            return true;
        }
        let Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) = self.made(value) else {
            return false;
        };
        matches!(self.made(arg), Some(InstructionData::IntCompare { .. }))
    }

    fn constant(&self, value: Value) -> Option<i64> {
        match self.made(value)? {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
            _ => None,
        }
    }

    fn made_by(&self, value: Value, opcode: Opcode) -> Option<[Value; 2]> {
        match self.made(value)? {
            InstructionData::Binary { opcode: found, args } if found == opcode => Some(args),
            _ => None,
        }
    }

    fn made(&self, value: Value) -> Option<InstructionData> {
        match self.function.dfg.value_def(value) {
            ValueDef::Result(instruction, _) => Some(self.function.dfg.insts[instruction]),
            ValueDef::Param(..) | ValueDef::Union(..) => None,
        }
    }
}

/// Steps that do nothing but make a value of their operands.
fn is_pure(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Iconst
            | Opcode::Iadd
            | Opcode::Isub
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Ishl
            | Opcode::Uextend
            | Opcode::Icmp
            | Opcode::Select
    )
}

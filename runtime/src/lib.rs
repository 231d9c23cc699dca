//! Serves requests under a compiled policy: reads a caller's request, asks the program, executes its plan.
//!
//! Start at [`Proxy`]. The rooms in reading order: what it is told ([`settings`]), what is in force ([`current`]), the
//! wire formats ([`wire`]), the attributes of a request ([`attributes`]), its way through the plan ([`exchange`]), and
//! the rooms that touch the world ([`upstream`], [`simulated`], [`proxy`], [`server`]). Never reads a policy's text,
//! the disk or the environment; never holds a prompt longer than its request.

pub mod settings;

pub mod wire;

pub mod exchange;

pub mod simulated;

pub mod upstream;

pub mod current;

pub mod record;

pub mod keys;

pub mod store;

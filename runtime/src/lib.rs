//! Serves requests under a compiled policy: reads a caller's request, asks the program, executes its plan.
//!
//! Start at [`Proxy`]. The rooms in reading order: what it is told ([`settings`]), the wire formats ([`wire`]), who asks
//! ([`keys`]), the attributes of a request ([`attributes`]), its texts
//! ([`inspection`]), how targets fare ([`health`]), its way through the plan ([`exchange`]), what others call it ([`trace`]),
//! what is kept of it ([`record`], [`store`]), and the rooms that touch the world ([`judge`], [`upstream`], [`proxy`],
//! [`pressure`], [`server`], [`admin`]). Never reads a
//! policy's text, the environment, or a file but the store's; never holds a prompt longer than its request.

pub mod settings;

pub mod wire;

pub mod keys;

pub mod attributes;

mod callers;

mod documents;

pub mod inspection;

pub mod health;

pub mod trace;

pub mod exchange;

pub mod record;

pub mod store;

pub mod simulated;

pub mod judge;

pub mod upstream;

pub mod current;

pub mod error;

pub mod proxy;

pub mod pressure;

pub mod server;

pub mod admin;

pub use proxy::Proxy;

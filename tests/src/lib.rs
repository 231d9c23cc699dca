//! What the tests share: a scripted provider, and a gateway in process.

pub mod provider;

pub mod gateway;

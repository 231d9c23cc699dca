//! Wayleave beside the engines that people decide with today: one policy, the same requests, answers compared before times.
//!
//! Reading order: what a policy is, requests to it, engines, how they are held to one another, how they are timed, and the
//! page that tells the figures.

pub mod policy;

pub mod changes;

pub mod checks;

pub mod replay;

pub mod request;

pub mod engines;

pub mod heap;

pub mod crosscheck;

pub mod timing;

pub mod figures;

pub mod run;

pub mod page;

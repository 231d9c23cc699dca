//! A policy as a picture for people: what is in it, where it stands, and how that is written.

pub(crate) mod picture;

mod words;

mod gates;

mod routes;

mod targets;

mod layout;

pub(crate) mod svg;

pub(crate) mod dot;

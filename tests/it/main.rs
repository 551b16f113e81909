//! The integration tests: one binary against the real server over real sockets.

mod support;

mod boot;
mod crash;
mod backup;
mod replay;
mod policy_test;

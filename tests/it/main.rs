//! The integration tests: one binary against the real server over real sockets.

mod support;

mod backup;
mod boot;
mod crash;
mod edge;
mod fuzz_seeds;
mod hostile;
mod key_ring;
mod policy_test;
mod replay;
mod storm;

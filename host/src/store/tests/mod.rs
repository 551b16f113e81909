//! Tests of the store as a whole, on real files.

mod caching;
mod clock;
mod crowds;
mod files;
mod sharing;
mod tenants;
mod timelines;
mod writing;

//! The file's format: a number in the table `meta`, and a numbered function for every step from one to the next.
//!
//! Called once, when the store is opened, before the writer thread starts. Steps run in one transaction, so a file is
//! never left between two formats. A new table needs no step: missing ones are created.

use redb::{Database, ReadableDatabase, TableHandle, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::{
    Record, StoreError, Table, View, Write, clock, error::engine, read::Read, records, timeline, write::Tables,
    writer::begin,
};

/// Brings the data from one format to the next.
type Step = fn(&mut Write<'_>) -> Result<(), StoreError>;

/// Step number n (counted from 1) leads to format n.
const STEPS: [Step; 2] = [first, with_clock];

/// The format this program writes.
pub(super) const FORMAT: u32 = STEPS.len() as u32;

/// 1: the first format. There is nothing to bring along.
fn first(_: &mut Write<'_>) -> Result<(), StoreError> {
    Ok(())
}

/// 2: the highest instant that a change was given is kept. Until then it was the time of the last one recorded.
fn with_clock(write: &mut Write<'_>) -> Result<(), StoreError> {
    match timeline::last_recorded(&*write)? {
        Some(instant) => clock::note(write, instant),
        None => Ok(()),
    }
}

/// The file's format number.
#[derive(Serialize, Deserialize)]
pub(super) struct Format {
    pub(super) number: u32,
}

impl Record for Format {
    const TABLE: Table = Table::Meta;
}

pub(super) const FORMAT_KEY: [&str; 2] = ["store", "format"];

/// Makes a new file ready, or brings an older one up to date. Refuses a newer one, and one that is not ours.
pub(super) fn run(database: &Database) -> Result<(), StoreError> {
    let present = present(database)?;
    let found = match present.is_empty() {
        true => 0,
        false => format(&Read::new(database.begin_read().map_err(engine)?))?,
    };
    let complete = Table::ALL.iter().all(|table| present.iter().any(|name| name == table.name()));
    if found == FORMAT && complete {
        return Ok(());
    }
    let transaction = begin(database)?;
    step(&transaction, found)?;
    transaction.commit().map_err(engine)
}

/// The format number a view finds in its file.
pub(super) fn format(view: &impl View) -> Result<u32, StoreError> {
    let format: Option<Format> = records::get(view, &FORMAT_KEY)?;
    match format.map(|format| format.number) {
        Some(number) if number > FORMAT => Err(StoreError::Newer { found: number, known: FORMAT }),
        Some(number) => Ok(number),
        None => Err(StoreError::corrupt(Table::Meta.name(), "no format number")),
    }
}

/// The names of the tables in the file.
pub(super) fn present(database: &Database) -> Result<Vec<String>, StoreError> {
    let read = database.begin_read().map_err(engine)?;
    let tables = read.list_tables().map_err(engine)?;
    Ok(tables.map(|table| table.name().to_owned()).collect())
}

fn step(transaction: &WriteTransaction, found: u32) -> Result<(), StoreError> {
    for table in Table::ALL {
        transaction.open_table(table.definition()).map_err(engine)?;
    }
    let mut tables = Tables::new(transaction);
    for step in STEPS.iter().skip(found as usize) {
        let mut write = Write::new(&tables);
        step(&mut write)?;
        let changes = write.into_changes();
        tables.apply(&changes)?;
    }
    let mut write = Write::new(&tables);
    records::put(&mut write, &FORMAT_KEY, &Format { number: FORMAT })?;
    let changes = write.into_changes();
    tables.apply(&changes)
}

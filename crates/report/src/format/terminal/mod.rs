//! Plain text for a terminal.

mod comparison;
mod difference;
mod report;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::Writer;

pub(super) const WRITER: Writer = Writer {
    name: "terminal",
    about: "Tables for a terminal",
    report: |analysis, _, width| Ok(report::text(analysis, width)),
    difference: Some(|found, width| Ok(difference::text(found, width))),
    comparison: Some(|found, width| Ok(comparison::text(found, width))),
};

fn table(header: &[&str], left: usize, width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width).set_header(header.to_vec());
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

//! Rows of text in columns, for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A table with a rule below its header; the first `left` columns are aligned to the left, the others to the right.
pub(super) fn grid(header: &[String], rows: impl IntoIterator<Item = Vec<String>>, left: usize) -> String {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index >= left {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if index > 0 {
            column.set_padding((1, 0));
        }
    }
    table.trim_fmt()
}

use std::fmt;

use comfy_table::{CellAlignment, Table as ComfyTable, presets};

use crate::color::harmless;

/// A table as `kubectl get` prints it: aligned columns, no lines.
pub(crate) struct Table {
    table: ComfyTable,
}

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut table = ComfyTable::new();
        table.load_style(presets::NOTHING).set_header(columns);
        for column in table.column_iter_mut() {
            column.set_padding((0, 3)).set_cell_alignment(CellAlignment::Left);
        }
        Self { table }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells.into_iter().map(harmless));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

//! How wide the terminal is.

/// Columns that every table fits in.
pub(crate) const WIDTH: u16 = 160;

/// Columns of the terminal, or enough for every table when there is none.
pub(crate) fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH)
}

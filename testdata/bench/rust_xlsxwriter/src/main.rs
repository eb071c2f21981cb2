//! Writes the cells of a workbook with rust_xlsxwriter in constant memory, and
//! prints how long that took and how much memory: one side of a comparison, see
//! ../../workbook.py.
//!
//! usage: peer CELLS OUT COPIES ACCOUNTS_ONLY LEVEL

use rust_xlsxwriter::{Format, FormatAlign, FormatUnderline, Formula, Workbook, Worksheet, XlsxError};
use serde::Deserialize;
use std::time::Instant;

#[derive(Deserialize)]
struct Look {
    number: String,
    bold: bool,
    underline: bool,
    size: f64,
    colour: String,
    ground: String,
    align: String,
    valign: String,
    wrap: bool,
    indent: u8,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(f64),
    Text(String),
}

type Cell = (u16, usize, Option<Value>, String);
type Row = (u32, Vec<Cell>);

#[derive(Deserialize)]
struct Sheet {
    name: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Cells {
    formats: Vec<Look>,
    sheets: Vec<Sheet>,
}

fn format_of(l: &Look) -> Format {
    let mut f = Format::new().set_num_format(&l.number).set_font_name("Arial").set_font_size(l.size);
    if l.bold {
        f = f.set_bold();
    }
    if l.underline {
        f = f.set_underline(FormatUnderline::Single);
    }
    if !l.colour.is_empty() {
        f = f.set_font_color(format!("#{}", l.colour).as_str());
    }
    if !l.ground.is_empty() {
        f = f.set_background_color(format!("#{}", l.ground).as_str());
    }
    f = match l.align.as_str() {
        "left" => f.set_align(FormatAlign::Left),
        "right" => f.set_align(FormatAlign::Right),
        "center" => f.set_align(FormatAlign::Center),
        _ => f,
    };
    f = match l.valign.as_str() {
        "center" => f.set_align(FormatAlign::VerticalCenter),
        "top" => f.set_align(FormatAlign::Top),
        _ => f,
    };
    if l.wrap {
        f = f.set_text_wrap();
    }
    if l.indent > 0 {
        f = f.set_indent(l.indent);
    }
    f
}

fn put(w: &mut Worksheet, formats: &[Format], r: u32, cells: &[Cell], suffix: &str, ids: u16) -> Result<(), XlsxError> {
    for (c, look, value, formula) in cells {
        let f = &formats[*look];
        if !formula.is_empty() {
            let result = match value {
                Some(Value::Number(n)) => n.to_string(),
                Some(Value::Text(s)) => s.clone(),
                None => String::new(),
            };
            w.write_formula_with_format(r, *c, Formula::new(formula).set_result(result), f)?;
            continue;
        }
        match value {
            None => w.write_blank(r, *c, f)?,
            Some(Value::Number(n)) => w.write_number_with_format(r, *c, *n, f)?,
            Some(Value::Text(s)) if *c == ids && !suffix.is_empty() => w.write_string_with_format(r, *c, format!("{s}{suffix}"), f)?,
            Some(Value::Text(s)) => w.write_string_with_format(r, *c, s, f)?,
        };
    }
    Ok(())
}

fn write(w: &mut Worksheet, formats: &[Format], rows: &[Row], copies: u32) -> Result<(), XlsxError> {
    const NONE: u16 = u16::MAX;
    if copies == 1 {
        for (r, cells) in rows {
            put(w, formats, *r, cells, "", NONE)?;
        }
        return Ok(());
    }
    let heading = |row: &Row| row.1.iter().any(|c| matches!(&c.2, Some(Value::Text(s)) if s == "Account id"));
    let top = rows.iter().position(heading).expect("a heading") + 1;
    for (r, cells) in &rows[..top] {
        put(w, formats, *r, cells, "", NONE)?;
    }
    let data = &rows[top..];
    let (first, ids) = (data[0].0, data[0].1[0].0);
    for k in 0..copies {
        let suffix = if k == 0 { String::new() } else { format!("-{k}") };
        for (i, (_, cells)) in data.iter().enumerate() {
            put(w, formats, first + k * data.len() as u32 + i as u32, cells, &suffix, ids)?;
        }
    }
    Ok(())
}

fn status(key: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(key)).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (copies, only, level) = (args[3].parse::<u32>()?, args[4] == "1", args[5].parse::<u8>()?);
    let file = std::io::BufReader::new(std::fs::File::open(&args[1])?);
    let mut data: Cells = serde_json::from_reader(file)?;
    if only {
        data.sheets.retain(|s| s.name == "Accounts");
    }
    let loaded = status("VmHWM:");
    let start = Instant::now();
    let mut book = Workbook::new();
    book.set_zip_compression_level(level);
    let formats: Vec<Format> = data.formats.iter().map(format_of).collect();
    for s in &data.sheets {
        let w = book.add_worksheet_with_constant_memory()?;
        w.set_name(&s.name)?;
        let n = if s.name == "Accounts" || s.name == "At risk" { copies } else { 1 };
        write(w, &formats, &s.rows, n)?;
    }
    book.save(&args[2])?;
    println!(
        "{{\"seconds\": {}, \"loaded_mib\": {loaded}, \"peak_mib\": {}, \"version\": \"rust_xlsxwriter 0.102.0, level {level}\"}}",
        start.elapsed().as_secs_f64(),
        status("VmHWM:")
    );
    Ok(())
}

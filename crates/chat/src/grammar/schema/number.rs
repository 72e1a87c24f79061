//! Numbers of a schema, which llguidance keeps in f64 and bounds of whole numbers in i64.

use serde_json::{Map, Number, Value};

use super::short;

/// Up to here every whole number is an f64: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Refuses a whole number that an f64 does not keep.
pub(super) fn exact(number: &Number) -> Result<(), String> {
    let is_whole = number.is_i64() || number.is_u64();
    match number.as_f64() {
        Some(value) if !is_whole || value.abs() < EXACT => Ok(()),
        _ => Err(format!("{number} is beyond ±2^53, where numbers are not kept exactly")),
    }
}

/// Draws bounds in to where they are exact, which allows less and never more.
pub(super) fn draw_in(fields: &mut Map<String, Value>) -> Result<(), String> {
    let bounds = [
        ("minimum", -1.0),
        ("exclusiveMinimum", -1.0),
        ("maximum", 1.0),
        ("exclusiveMaximum", 1.0),
    ];
    for (key, side) in bounds {
        let Some(bound) = fields.get_mut(key) else { continue };
        match bound.as_f64() {
            Some(value) if value * side >= EXACT => *bound = Value::from((side * EXACT) as i64),
            Some(value) if value * side <= -EXACT => {
                return Err(format!(
                    "`{key}` of {} leaves numbers beyond ±2^53 only",
                    short(bound)
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

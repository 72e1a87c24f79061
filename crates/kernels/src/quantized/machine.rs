//! What the kernels of intrinsics ask of an instruction set: registers of bytes, of integers, of floats, and
//! what is done with them. The kernels themselves ([`super::kernel`]) are written once over this.
#![expect(unsafe_code, reason = "functions of instruction sets")]

use super::layout::Layout;

/// An instruction set's registers. A lane is a row of a strip: four codes, an integer or a float.
///
/// # Safety
/// Every function needs the instruction set, and as many bytes behind a pointer as it says.
pub(super) trait Machine {
    /// Rows of a strip that a register holds.
    const LANES: usize;
    /// Whether numbers above 127 are multiplied as signed ones, 128 lower.
    const SIGNS: bool;
    /// Four codes a lane.
    type Codes: Copy;
    /// An integer a lane.
    type Ints: Copy;
    /// A float a lane.
    type Floats: Copy;

    /// Codes, four bytes a lane.
    unsafe fn codes(from: *const u8) -> Self::Codes;
    /// Bits of each byte, moved to the right, or to the left by negative numbers; `mask` is of what comes
    /// out.
    unsafe fn bits(of: Self::Codes, right: i32, mask: u8) -> Self::Codes;
    /// The same, added to lower bits.
    unsafe fn with_bits(low: Self::Codes, of: Self::Codes, right: i32, mask: u8) -> Self::Codes;
    /// What codes of four bits stand for.
    unsafe fn looked_up(table: &[u8; 16], codes: Self::Codes) -> Self::Codes;
    /// Codes from 0 on as signed numbers.
    unsafe fn signed(codes: Self::Codes) -> Self::Codes;

    /// The same integer in every lane.
    unsafe fn int(x: i32) -> Self::Ints;
    /// Signed bytes, one a lane.
    unsafe fn bytes(from: *const i8) -> Self::Ints;
    /// Bytes, two a lane, as numbers of sixteen bits.
    unsafe fn pairs(from: *const u8) -> Self::Ints;
    /// `sums[r] += Σ code · number`; quad `q` of row `r` of the input at `r · QUADS + q`.
    unsafe fn add_dots<L: Layout, const R: usize>(
        sums: &mut [Self::Ints; R],
        codes: &[Self::Codes],
        numbers: *const i32,
    );
    /// `a + b`.
    unsafe fn add(a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// `sum + a · b`.
    unsafe fn add_product(sum: Self::Ints, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// `sum + a₀ · b₀ + a₁ · b₁` of numbers of sixteen bits.
    unsafe fn add_pairs(sum: Self::Ints, a: Self::Ints, b: Self::Ints) -> Self::Ints;

    /// The same float in every lane.
    unsafe fn float(x: f32) -> Self::Floats;
    /// Half-precision numbers, one a lane.
    unsafe fn halves(from: *const u8) -> Self::Floats;
    /// For each lane a byte e, 2 to the e − 128.
    unsafe fn powers(from: *const u8) -> Self::Floats;
    /// Floats, aligned.
    unsafe fn load(from: *const f32) -> Self::Floats;
    /// The other way.
    unsafe fn store(to: *mut f32, x: Self::Floats);
    /// The first so many lanes, which may be all or none.
    unsafe fn store_first(to: *mut f32, lanes: usize, x: Self::Floats);
    /// As they are.
    unsafe fn to_floats(x: Self::Ints) -> Self::Floats;
    /// `a · b`.
    unsafe fn mul(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a · b + c`, rounded once.
    unsafe fn fused(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// `c − a · b`, rounded once.
    unsafe fn taken(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
}

/// Compiles the kernels for a machine: `run::<L>(task)`. Rows of input up to these have kernels of their own,
/// whose sums are registers.
macro_rules! kernels {
    ($machine:ty, $features:literal, $($few:literal)*) => {
        /// All strips of a task.
        ///
        /// # Safety
        /// Needs the machine's instructions.
        pub(in crate::quantized) unsafe fn run<L: Layout>(task: &Task<'_>) {
            kernel::check::<L>(task);
            // SAFETY: the caller's promise; lengths were checked.
            unsafe {
                match task.rows.len() {
                    $($few => few::<L, $few>(task),)*
                    _ => many::<L>(task),
                }
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn few<L: Layout, const R: usize>(task: &Task<'_>) {
            // SAFETY: the caller's promise.
            unsafe { kernel::few::<$machine, L, R>(task) }
        }

        #[target_feature(enable = $features)]
        unsafe fn many<L: Layout>(task: &Task<'_>) {
            // SAFETY: the caller's promise.
            unsafe { kernel::many::<$machine, L>(task) }
        }
    };
}
pub(super) use kernels;

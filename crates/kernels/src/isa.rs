//! Which instructions to use: found once at run time, or forced by `LYCEUM_ISA` for tests.
//!
//! A kernel's body is written once, in plain Rust over fixed-width lanes, and compiled for each
//! instruction set by [`for_each_isa!`](crate::for_each_isa); only the matrix products hold
//! intrinsics. The elementwise bodies use no fused multiply-add, so their results are the same
//! bits on every instruction set.

use std::sync::OnceLock;

/// An instruction set that kernels are compiled for, from the plainest to the richest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// What the target guarantees (SSE2 on x86-64, NEON on AArch64).
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, BW, VL, DQ.
    Avx512,
    /// AVX-512 with bf16 dot products.
    Avx512Bf16,
}

impl Isa {
    /// All, from the plainest.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Bf16];

    /// The name that `LYCEUM_ISA` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512bf16",
        }
    }

    /// The one in force: the richest that this machine has, or `LYCEUM_ISA` if that is plainer.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::detected().min(Self::forced().unwrap_or(Self::Avx512Bf16)))
    }

    /// What `LYCEUM_ISA` asks for.
    fn forced() -> Option<Self> {
        let forced = std::env::var("LYCEUM_ISA").ok();
        Self::ALL.into_iter().find(|isa| forced.as_deref() == Some(isa.name()))
    }

    /// Those that this machine can run: what tests loop over.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|&isa| isa <= Self::detected())
    }

    #[cfg(target_arch = "x86_64")]
    fn detected() -> Self {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq");
        match (avx2, avx512, avx512 && is_x86_feature_detected!("avx512bf16")) {
            (_, _, true) => Self::Avx512Bf16,
            (_, true, _) => Self::Avx512,
            (true, ..) => Self::Avx2,
            _ => Self::Portable,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detected() -> Self {
        Self::Portable
    }
}

/// How dot products of eight-bit integers are made, from the plainest way to the richest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Int8Dots {
    /// In plain Rust.
    Plain,
    /// Pairs, then pairs of pairs, in eight lanes (AVX2, with FMA and F16C).
    Avx2,
    /// Four at once, in eight lanes (AVX-VNNI).
    AvxVnni,
    /// Four at once, in sixteen lanes (AVX-512 with VNNI).
    Avx512Vnni,
}

impl Int8Dots {
    /// All, from the plainest.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Avx2, Self::AvxVnni, Self::Avx512Vnni];

    /// The one in force: the richest that this machine has, or what goes with `LYCEUM_ISA` if that is
    /// plainer.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Int8Dots> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let most = match Isa::forced() {
                Some(Isa::Portable) => Self::Plain,
                Some(Isa::Avx2) => Self::Avx2,
                _ => Self::Avx512Vnni,
            };
            Self::available().filter(|&dots| dots <= most).last().unwrap_or(Self::Plain)
        })
    }

    /// Those that this machine can run: what tests loop over.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|dots| dots.is_here())
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        let eight = Isa::detected() >= Isa::Avx2 && is_x86_feature_detected!("f16c");
        match self {
            Self::Plain => true,
            Self::Avx2 => eight,
            Self::AvxVnni => eight && is_x86_feature_detected!("avxvnni"),
            Self::Avx512Vnni => {
                Isa::detected() >= Isa::Avx512 && is_x86_feature_detected!("avx512vnni")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == Self::Plain
    }
}

/// Compiles one `#[inline(always)]` body for every instruction set and picks at run time.
///
/// `for_each_isa!(fn scale(x: &mut [f32], by: f32) => scale_body);` makes `fn scale`, which calls
/// `scale_body` compiled with the features of [`Isa::current`].
#[macro_export]
macro_rules! for_each_isa {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(<$($g:ident: $bound:path),+>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? => $body:path) => {
        $(#[$meta])*
        $vis fn $name $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2 $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? { $body($($arg),*) }
                #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")]
                fn avx512 $(<$($g: $bound),+>)? ($($arg: $ty),*) $(-> $ret)? { $body($($arg),*) }
                let isa = $crate::isa::Isa::current();
                if isa >= $crate::isa::Isa::Avx512 {
                    #[expect(unsafe_code, reason = "a function compiled for found instructions")]
                    // SAFETY: `Isa::current` has found these instructions on this machine.
                    return unsafe { avx512 $(::<$($g),+>)? ($($arg),*) };
                }
                if isa >= $crate::isa::Isa::Avx2 {
                    #[expect(unsafe_code, reason = "a function compiled for found instructions")]
                    // SAFETY: `Isa::current` has found these instructions on this machine.
                    return unsafe { avx2 $(::<$($g),+>)? ($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_isa_has_a_name_and_the_portable_one_always_runs() {
        assert!(Isa::available().any(|isa| isa == Isa::Portable));
        assert!(Isa::current() <= Isa::detected());
        assert_eq!(Isa::ALL.map(Isa::name).len(), 4);
        assert!(Int8Dots::available().any(|dots| dots == Int8Dots::current()));
    }

    #[inline(always)]
    fn scale_body(x: &mut [f32], by: f32) {
        x.iter_mut().for_each(|v| *v *= by);
    }
    for_each_isa!(fn scale(x: &mut [f32], by: f32) => scale_body);

    #[test]
    fn a_body_runs_on_the_current_isa() {
        let mut x = [1.0, 2.0];
        scale(&mut x, 2.0);
        assert_eq!(x, [2.0, 4.0]);
    }
}

/// Random numbers that are the same on every machine: xoshiro256** (Blackman and Vigna 2021, "Scrambled Linear
/// Pseudorandom Number Generators"), seeded through splitmix64 as its authors advise.
///
/// A stream is named by numbers: `RandomSource(seed: seed, epoch, chunk, round)`. Work that is cut into named
/// pieces, each with its own stream, gives the same result in whatever order threads take the pieces.
public struct RandomSource: RandomNumberGenerator, Sendable {
    @usableFromInline var s0: UInt64
    @usableFromInline var s1: UInt64
    @usableFromInline var s2: UInt64
    @usableFromInline var s3: UInt64

    public init(seed: UInt64, _ streams: UInt64...) {
        var state: UInt64 = seed
        for stream in streams {
            // Mixing between the words makes (1, 2) and (2, 1) strangers.
            state = Self.splitmix(&state) ^ stream
        }
        s0 = Self.splitmix(&state)
        s1 = Self.splitmix(&state)
        s2 = Self.splitmix(&state)
        s3 = Self.splitmix(&state)
    }

    static func splitmix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z: UInt64 = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    @inlinable public mutating func next() -> UInt64 {
        let product: UInt64 = s1 &* 5
        let result: UInt64 = ((product << 7) | (product >> 57)) &* 9
        let shifted: UInt64 = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// Uniform in [0, 1): the 2^24 multiples of 2^-24.
    @inlinable public mutating func uniform() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// Uniform in 0 ..< n, without bias (Lemire 2019, "Fast Random Integer Generation in an Interval").
    @inlinable public mutating func below(_ n: Int) -> Int {
        precondition(n > 0, "nothing is below \(n)")
        let bound = UInt64(n)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// Fisher and Yates, written here because the standard library does not promise its order between releases.
    @inlinable public mutating func shuffle<Element>(_ array: inout [Element]) {
        var left = array.count
        while left > 1 {
            let j = below(left)
            left -= 1
            array.swapAt(left, j)
        }
    }
}

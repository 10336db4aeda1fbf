import Synchronization

/// How often each key may ask: a bucket of tokens a key, one second's worth deep.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        /// Nanoseconds.
        var at: Int64
    }

    private let buckets = Mutex<[String: Bucket]>([:])

    /// Takes a token, if there is one.
    /// - Parameter now: nanoseconds of a clock that only goes forward.
    func admits(_ id: String, perSecond: Double, now: Int64) -> Bool {
        let depth = max(perSecond, 1)
        return buckets.withLock { buckets in
            var bucket = buckets[id] ?? Bucket(tokens: depth, at: now)
            bucket.tokens = min(bucket.tokens + Double(max(now - bucket.at, 0)) / 1e9 * perSecond, depth)
            bucket.at = max(now, bucket.at)
            let isFull = bucket.tokens >= 1
            if isFull { bucket.tokens -= 1 }
            buckets[id] = bucket
            return isFull
        }
    }
}

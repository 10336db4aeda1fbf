#if _endian(big)
    #error("Artifacts are little-endian and mapped as they are: Magpie runs on little-endian machines only.")
#endif

/// The element types of the safetensors format that Magpie knows, by the name in the header.
/// F16, BF16 and BOOL may stand in a file, but no Swift type reads them.
public enum TensorType: String, Sendable, CaseIterable {
    case u8 = "U8"
    case i8 = "I8"
    case u16 = "U16"
    case i16 = "I16"
    case u32 = "U32"
    case i32 = "I32"
    case u64 = "U64"
    case i64 = "I64"
    case f32 = "F32"
    case f64 = "F64"
    case f16 = "F16"
    case bf16 = "BF16"
    case bool = "BOOL"

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .u8, .i8, .bool: 1
        case .u16, .i16, .f16, .bf16: 2
        case .u32, .i32, .f32: 4
        case .u64, .i64, .f64: 8
        }
    }
}

/// A number that can be an element of a tensor. Every bit pattern of such a type is a value, so a damaged file
/// gives wrong numbers, never undefined ones.
public protocol TensorElement: BitwiseCopyable, Sendable {
    static var tensorType: TensorType { get }
}

extension UInt8: TensorElement { public static var tensorType: TensorType { .u8 } }
extension Int8: TensorElement { public static var tensorType: TensorType { .i8 } }
extension UInt16: TensorElement { public static var tensorType: TensorType { .u16 } }
extension Int16: TensorElement { public static var tensorType: TensorType { .i16 } }
extension UInt32: TensorElement { public static var tensorType: TensorType { .u32 } }
extension Int32: TensorElement { public static var tensorType: TensorType { .i32 } }
extension UInt64: TensorElement { public static var tensorType: TensorType { .u64 } }
extension Int64: TensorElement { public static var tensorType: TensorType { .i64 } }
extension Float: TensorElement { public static var tensorType: TensorType { .f32 } }
extension Double: TensorElement { public static var tensorType: TensorType { .f64 } }

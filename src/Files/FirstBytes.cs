using System.Buffers.Binary;
using System.Text;

namespace CoKe.Files;

/// <summary>Tells files of others apart by their first bytes, whatever their names say, and knows what to do with them.</summary>
public static class FirstBytes
{
    /// <summary>So many bytes tell.</summary>
    public const int Length = 512;

    // The length of a safetensors header stands before it; the name of the format stands late in a tar header.
    const int SafetensorsStart = 8,
        TarName = 257;

    static readonly (byte[] Start, string Name)[] Packed =
    [
        ([0x1f, 0x8b], "gzip"),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        ([0xfd, .. "7zXZ"u8, 0], "xz"),
        ([.. "BZh"u8], "bzip2"),
    ];

    static readonly (byte[] Start, string Name)[] Images =
    [
        ([0x89, .. "PNG"u8], "a PNG image"),
        ([0xff, 0xd8, 0xff], "a JPEG image"),
        ([.. "GIF8"u8], "a GIF image"),
        ([.. "II*\0"u8], "a TIFF image"),
        ([.. "MM\0*"u8], "a TIFF image"),
        ([0xff, 0x0a], "a JPEG XL image"),
        ([0, 0, 0, 0x0c, .. "JXL "u8], "a JPEG XL image"),
        ([0, 0, 0, 0x0c, .. "jP  "u8], "a JPEG 2000 image"),
        ([.. "8BPS"u8], "a Photoshop file"),
        ([.. "DDS "u8], "a DDS image"),
    ];

    static readonly (byte[] Start, string Name, string Reader)[] Tables =
    [
        ([0x89, .. "HDF\r\n"u8], "an HDF5 file", "h5py.File(FILE)[NAME][:]"),
        ([.. "MATLAB 5.0"u8], "a MATLAB file", "scipy.io.loadmat(FILE)[NAME]"),
        ([.. "PAR1"u8], "a Parquet file", "pandas.read_parquet(FILE).to_numpy('float32')"),
        ([.. "ARROW1"u8], "an Arrow file", "pandas.read_feather(FILE).to_numpy('float32')"),
    ];

    /// <summary>The first bytes of a file, <see cref="Length"/> of them or all.</summary>
    public static byte[] Of(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[Length];
        return start[..file.ReadAtLeast(start, Length, throwOnEndOfStream: false)];
    }

    /// <summary>What a file is that is not what was wanted, and what to do.</summary>
    /// <param name="start">Its first bytes, <see cref="Length"/> of them or all.</param>
    /// <param name="wanted">What it should have been.</param>
    /// <returns>Continues a sentence after the path; null: nobody knows.</returns>
    public static string? Problem(ReadOnlySpan<byte> start, Wanted wanted)
    {
        if (start.IsEmpty)
            return "is empty: fetch or write it again.";
        if (start.StartsWith("version https://git-lfs"u8))
            return "is a Git LFS pointer and not the file itself: fetch that with 'git lfs pull' where it was cloned.";
        if (IsMarkup(start))
            return "is a web page and not the file that was to be downloaded: read in it why, and fetch the file again.";
        foreach (var (known, name) in Packed)
            if (start.StartsWith(known))
                return $"is packed with {name}: {Remedy.OfPacked(wanted, name)}";
        foreach (var (known, name) in Images)
            if (start.StartsWith(known))
                return $"is {name}: {Remedy.OfImage(wanted)}";
        if (IsMovingOrHeic(start) is { } kind)
            return $"is {kind}: {Remedy.OfImage(wanted)}";
        if (start.StartsWith((ReadOnlySpan<byte>)[0, 0, 8, 1]) || start.StartsWith((ReadOnlySpan<byte>)[0, 0, 8, 3]))
            return $"is an IDX file of {(start[3] == 1 ? "labels" : "images")}: {Remedy.OfIdx(wanted)}";
        foreach (var (known, name, reader) in Tables)
            if (start.StartsWith(known))
                return $"is {name}: {Remedy.InPython(wanted, reader)}";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8]))
            return $"is an array of NumPy's: {Remedy.InPython(wanted, "numpy.load(FILE)")}";
        if (IsZip(start))
            return $"is a zip archive{Remedy.OfZip(wanted)}";
        if (IsTar(start))
            return $"is a tar archive: {Remedy.OfTar(wanted)}";
        if (IsTorchPickle(start))
            return $"is an old PyTorch file: {Remedy.InTorch(wanted)}";
        if (IsPickle(start))
            return $"is a Python pickle: {Remedy.OfPickle(wanted)}";
        if (IsSafetensors(start))
            return $"is a safetensors file: {Remedy.InPython(wanted, "safetensors.numpy.load_file(FILE)[NAME]")}";
        return IsText(start) && wanted != Wanted.Recipe ? $"is text: {Remedy.OfText(wanted)}" : null;
    }

    /// <summary>True for a zip archive, which NumPy's .npz files are.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8);

    /// <summary>True for what gzip has packed.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> start) => start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);

    /// <summary>True for a Python pickle, of PyTorch or not.</summary>
    public static bool IsAnyPickle(ReadOnlySpan<byte> start) => IsTorchPickle(start) || IsPickle(start);

    /// <summary>True for a tar archive.</summary>
    public static bool IsTar(ReadOnlySpan<byte> start) => start.Length > TarName && start[TarName..].StartsWith("ustar"u8);

    static bool IsMarkup(ReadOnlySpan<byte> start)
    {
        var text = Encoding.Latin1.GetString(start).TrimStart();
        return ((string[])["<!doctype html", "<html", "<?xml"]).Any(tag => text.StartsWith(tag, StringComparison.OrdinalIgnoreCase));
    }

    // The boxes of ISO media begin with a length and "ftyp".
    static string? IsMovingOrHeic(ReadOnlySpan<byte> start)
    {
        if (start.Length < 12 || !start[4..].StartsWith("ftyp"u8))
            return null;
        var brand = Encoding.Latin1.GetString(start.Slice(8, 4));
        return brand is "avif" or "avis" ? "an AVIF image"
            : brand is "heic" or "heix" or "mif1" or "msf1" or "hevc" ? "a HEIC image"
            : "a film";
    }

    // PROTO and a version, or the marks and lists with which version 0 begins.
    static bool IsPickle(ReadOnlySpan<byte> start) =>
        (start.Length > 1 && start[0] == 0x80 && start[1] is >= 2 and <= 5)
        || start.StartsWith("(lp"u8)
        || start.StartsWith("(dp"u8)
        || start.StartsWith("cnumpy"u8);

    // The long integer 0x1950a86a20f9469cfc6c comes first.
    static bool IsTorchPickle(ReadOnlySpan<byte> start) =>
        start.Length > 4 && start[0] == 0x80 && start[2..].StartsWith((ReadOnlySpan<byte>)[0x8a, 0x0a, 0x6c]);

    static bool IsSafetensors(ReadOnlySpan<byte> start) =>
        start.Length > SafetensorsStart + 1
        && BinaryPrimitives.ReadUInt64LittleEndian(start) < 1 << 30
        && start[SafetensorsStart..].StartsWith("{\""u8);

    static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (var x in start)
            if (x < ' ' && x is not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
                return false;
        return true;
    }
}

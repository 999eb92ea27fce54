using System.Buffers.Binary;
using System.Text;

namespace CoKe.Files;

/// <summary>Tells files of others apart by their first bytes, whatever their names say, and knows what to do with them.</summary>
public static class FirstBytes
{
    /// <summary>So many bytes tell.</summary>
    public const int Length = 512;

    // The length of a safetensors header stands before it.
    const int SafetensorsStart = 8;

    static readonly (byte[] Start, string Name)[] Packed =
    [
        ([0x1f, 0x8b], "gzip"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), ([0xfd, .. "7zXZ"u8, 0], "xz"), ([.. "BZh"u8], "bzip2"),
    ];

    static readonly (byte[] Start, string Name)[] Images =
    [
        ([0x89, .. "PNG"u8], "a PNG image"), ([0xff, 0xd8, 0xff], "a JPEG image"), ([.. "GIF8"u8], "a GIF image"),
        ([0, 0, 8, 3], "an IDX file of images"), ([.. "II*\0"u8], "a TIFF image"), ([.. "MM\0*"u8], "a TIFF image"),
    ];

    static readonly (byte[] Start, string Name, string Reader)[] Tables =
    [
        ([0x89, .. "HDF\r\n"u8], "an HDF5 file", "h5py.File(FILE)[NAME][:]"),
        ([.. "MATLAB 5.0"u8], "a MATLAB file", "scipy.io.loadmat(FILE)[NAME]"),
        ([.. "PAR1"u8], "a Parquet file", "pandas.read_parquet(FILE).to_numpy('float32')"),
        ([.. "ARROW1"u8], "an Arrow file", "pandas.read_feather(FILE).to_numpy('float32')"),
    ];

    /// <summary>What a file is that is not what was wanted, and what to do.</summary>
    /// <param name="start">Its first bytes, <see cref="Length"/> of them or all.</param>
    /// <param name="wanted">What it should have been.</param>
    /// <returns>Continues a sentence after the path; null: nobody knows.</returns>
    public static string? Problem(ReadOnlySpan<byte> start, Wanted wanted)
    {
        if (start.IsEmpty) return "is empty: fetch or write it again.";
        if (start.StartsWith("version https://git-lfs"u8))
            return "is a Git LFS pointer and not the file itself: fetch that with 'git lfs pull' where it was cloned.";
        if (IsMarkup(start)) return "is a web page and not the file that was to be downloaded: read in it why, and fetch the file again.";
        foreach (var (known, name) in Packed)
            if (start.StartsWith(known)) return $"is packed with {name}: unpack it with '{name} -dc FILE > OTHER' and give the other.";
        foreach (var (known, name) in Images)
            if (start.StartsWith(known)) return $"is {name}: {OfImages(wanted)}";
        foreach (var (known, name, reader) in Tables)
            if (start.StartsWith(known)) return $"is {name}: {FromPython(wanted, reader)}";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8]))
            return $"is an array of NumPy's: {FromPython(wanted, "numpy.load(FILE)")}";
        if (IsZip(start)) return $"is a zip archive, as torch.save writes them: {FromTorch(wanted)}";
        if (IsTorchPickle(start)) return $"is an old PyTorch file: {FromTorch(wanted)}";
        if (IsPickle(start)) return $"is a Python pickle: {FromPython(wanted, "pickle.load(open(FILE, 'rb'))")}";
        if (IsSafetensors(start)) return $"is a safetensors file: {FromPython(wanted, "safetensors.numpy.load_file(FILE)[NAME]")}";
        return IsText(start) ? $"is text: {FromPython(wanted, "numpy.loadtxt(FILE, delimiter=',', dtype='float32')")}" : null;
    }

    /// <summary>True for a zip archive, which NumPy's .npz files are.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8);

    static string FromPython(Wanted wanted, string reader) => wanted == Wanted.Array
        ? $"read it in Python, x = {reader}, and write the rows with numpy.save('features.npy', x)."
        : "encoders are read from safetensors; write the tensors with safetensors.torch.save_file(tensors, 'weights.safetensors').";

    static string FromTorch(Wanted wanted) => wanted == Wanted.Array
        ? "read it in Python, x = torch.load(FILE, map_location='cpu'), and write the rows with numpy.save('features.npy', x.numpy())."
        : "read it in Python, tensors = torch.load(FILE, map_location='cpu'), and write them with "
            + "safetensors.torch.save_file(tensors, 'weights.safetensors').";

    static string OfImages(Wanted wanted) => wanted == Wanted.Array
        ? "features are numbers that an encoder makes of images, one row each; 'coke-train train' learns from images themselves."
        : "encoders are read from safetensors.";

    static bool IsMarkup(ReadOnlySpan<byte> start)
    {
        var text = Encoding.Latin1.GetString(start).TrimStart();
        return ((string[])["<!doctype html", "<html", "<?xml"]).Any(tag => text.StartsWith(tag, StringComparison.OrdinalIgnoreCase));
    }

    // PROTO and a version, or the marks and lists with which version 0 begins.
    static bool IsPickle(ReadOnlySpan<byte> start) =>
        (start.Length > 1 && start[0] == 0x80 && start[1] is >= 2 and <= 5)
        || start.StartsWith("(lp"u8) || start.StartsWith("(dp"u8) || start.StartsWith("cnumpy"u8);

    // The long integer 0x1950a86a20f9469cfc6c comes first.
    static bool IsTorchPickle(ReadOnlySpan<byte> start) =>
        start.Length > 4 && start[0] == 0x80 && start[2..].StartsWith((ReadOnlySpan<byte>)[0x8a, 0x0a, 0x6c]);

    static bool IsSafetensors(ReadOnlySpan<byte> start) =>
        start.Length > SafetensorsStart + 1 && BinaryPrimitives.ReadUInt64LittleEndian(start) < 1 << 30
        && start[SafetensorsStart..].StartsWith("{\""u8);

    static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (var x in start)
            if (x < ' ' && x is not ((byte)'\n' or (byte)'\r' or (byte)'\t')) return false;
        return true;
    }
}

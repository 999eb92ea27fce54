using System.Buffers.Binary;
using CoKe.Files;
using CoKe.Learning.Images;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace CoKe.Learning.Weights;

/// <summary>
/// A safetensors file, the exchange format of weights: the length of a JSON header in 8 bytes, the header, the values of all tensors,
/// little-endian. Opening reads and checks the header; values are read tensor by tensor, straight into its memory.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    const int LengthSize = sizeof(ulong),
        Alignment = 8;

    /// <summary>Longer headers are refused before they are read, as by the format's authors.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    readonly SafeFileHandle _file;
    readonly string _path;
    readonly long _dataStart;

    SafetensorsFile(SafeFileHandle file, string path)
    {
        (_file, _path) = (file, path);
        var length = RandomAccess.GetLength(file);
        Span<byte> prefix = stackalloc byte[LengthSize];
        if (length < LengthSize)
            throw OfAnotherKind($"is no safetensors file: it has {length} bytes, and the length of a header alone takes {LengthSize}.");
        ReadAll(prefix, 0);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > MaxHeaderBytes)
            throw OfAnotherKind(
                $"is no safetensors file or damaged: it declares a header of {headerLength} bytes, " + $"and {MaxHeaderBytes} is the most."
            );
        if ((long)headerLength > length - LengthSize)
            throw OfAnotherKind(
                $"is truncated or no safetensors file: it declares a header of {headerLength} bytes "
                    + $"and has {length - LengthSize} after that."
            );
        var header = new byte[headerLength];
        ReadAll(header, LengthSize);
        _dataStart = LengthSize + header.Length;
        (Tensors, Metadata) = SafetensorsHeader.Parse(path, header, length - _dataStart);
    }

    /// <summary>What the file holds, in the order of its header.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Free texts about the file; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">Absent, unreadable, or not as the format asks.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path);
            return new SafetensorsFile(file, path);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw BadFile.Because(path, $"cannot be read: {e.Message}");
            throw;
        }
    }

    /// <summary>The values of a tensor, on the CPU; the caller's dispose scope owns them.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">The file became shorter, or the tensor has 2 GiB or more.</exception>
    public Tensor Read(TensorEntry entry)
    {
        if (entry.End - entry.Begin > int.MaxValue)
            throw BadFile.Because(
                _path,
                $"holds {entry.Name} of {entry.End - entry.Begin} bytes: tensors of 2 GiB and more cannot be read."
            );
        var values = empty(entry.Shape, entry.Type);
        if (entry.End > entry.Begin)
            ReadAll(values.bytes, _dataStart + entry.Begin);
        return values;
    }

    /// <summary>As below, of a file that is opened now.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">It cannot be written.</exception>
    public static void Write(
        string path,
        IEnumerable<(string Name, Tensor Values)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        using var file = new OutputFile(path);
        Write(file, tensors, metadata);
    }

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="output">The file.</param>
    /// <param name="tensors">By name, of any type that can be read; values are written row after row whatever their layout and
    /// device.</param>
    /// <param name="metadata">Free texts; a format of "pt", which PyTorch's readers look for, is added.</param>
    /// <exception cref="ArgumentException">A name is used twice or reserved, a type has no name in the format, or all is 2 GiB and
    /// more.</exception>
    /// <exception cref="CoKe.Errors.InvalidFileException">It could not be written in the end; says where it lies instead.</exception>
    public static void Write(
        OutputFile output,
        IEnumerable<(string Name, Tensor Values)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        // Large elements first, so that each lies at a multiple of its size.
        var ordered = tensors.OrderByDescending(t => t.Values.element_size()).ToArray();
        var (header, dataLength) = SafetensorsLayout.HeaderOf(ordered, metadata ?? new Dictionary<string, string>());
        var padded = (header.Length + Alignment - 1) / Alignment * Alignment;
        var total = LengthSize + padded + dataLength;
        if (total > Array.MaxLength)
            throw new ArgumentException(
                $"{total} bytes of tensors do not fit into one file of at most {Array.MaxLength}: write them in parts.",
                nameof(tensors)
            );

        var bytes = new byte[total];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)padded);
        header.CopyTo(bytes, LengthSize);
        bytes.AsSpan(LengthSize + header.Length, padded - header.Length).Fill((byte)' ');
        var at = LengthSize + padded;
        foreach (var (_, values) in ordered)
        {
            using var perTensor = NewDisposeScope();
            if (values.numel() == 0)
                continue;
            var content = values.detach().cpu().contiguous().bytes;
            content.CopyTo(bytes.AsSpan(at));
            at += content.Length;
        }
        output.Write(stream => stream.Write(bytes));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // The first bytes of a good file may be those of any other kind, so they are asked only of what is none.
    Exception OfAnotherKind(string problem)
    {
        var start = new byte[Math.Min(FirstBytes.Length, RandomAccess.GetLength(_file))];
        ReadAll(start, 0);
        return BadFile.Because(_path, FirstBytes.Problem(start, Wanted.Weights) ?? problem);
    }

    void ReadAll(Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(_file, target, offset);
            if (read == 0)
                throw BadFile.Because(_path, "became shorter while it was read: get it again.");
            target = target[read..];
            offset += read;
        }
    }
}

using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Resume;

/// <summary>
/// The bytes of a save: magic and version, the length of a JSON head, the head, then all float32 and int32 values in the machine's
/// (little-endian) order, and the XXH128 of everything before it, which finds damage, not malice. What can be read as text is in the head;
/// the values are most of the file.
/// </summary>
static class SaveFile
{
    const int Version = 1,
        ChecksumSize = 128 / 8;
    static readonly byte[] Magic = "CoKeSave"u8.ToArray();
    static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static ReadOnlyMemory<byte> Encode(TrainerSave save)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(Head.Of(save), Json);
        var values = save.LabelsBefore.Length + save.Learner.Tensors.Sum(t => t.Values.Length);
        using var bytes = new MemoryStream(Magic.Length + 2 * sizeof(int) + head.Length + sizeof(float) * values + ChecksumSize);
        using var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(head.Length);
        writer.Write(head);
        foreach (var tensor in save.Learner.Tensors)
            writer.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(save.LabelsBefore.AsSpan()));
        writer.Write(XxHash128.Hash(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    /// <param name="bytes">A whole file.</param>
    /// <exception cref="InvalidDataException">It is no save, of another version, or damaged; the message continues a sentence that begins
    /// with its name.</exception>
    public static TrainerSave Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Magic.Length + 2 * sizeof(int) + ChecksumSize || !bytes.StartsWith(Magic))
            throw new InvalidDataException("is truncated or no save of a trainer");
        var content = bytes[..^ChecksumSize];
        if (!bytes[content.Length..].SequenceEqual(XxHash128.Hash(content)))
            throw new InvalidDataException("is damaged: its checksum does not match");
        // From here on the file is as it was written; but who wants to do harm writes a checksum too.
        var version = MemoryMarshal.Read<int>(content[Magic.Length..]);
        if (version != Version)
            throw new InvalidDataException($"has version {version}, this program knows {Version}");
        var length = MemoryMarshal.Read<int>(content[(Magic.Length + sizeof(int))..]);
        var rest = content[(Magic.Length + 2 * sizeof(int))..];
        if (length < 0 || length > rest.Length)
            throw new InvalidDataException(
                $"is no save of a trainer: it declares a head of {length} bytes and has {rest.Length} after that"
            );
        var head = Head.Read(rest[..length]);
        rest = rest[length..];
        var tensors = new List<NamedValues>();
        foreach (var (name, shape) in head.Tensors)
            tensors.Add(new NamedValues(name, shape, Take<float>(ref rest, CountOf(shape), name)));
        var labels = Take<int>(ref rest, head.LabelCount, "labels");
        return rest.IsEmpty
            ? head.With(tensors, labels)
            : throw new InvalidDataException($"is no save of a trainer: it has {rest.Length} bytes behind its values");
    }

    /// <summary>Values of a tensor; -1 where there is no such number.</summary>
    static long CountOf(long[] shape)
    {
        var count = (Int128)1;
        foreach (var side in shape)
            if (side < 0 || (count *= side) > Array.MaxLength)
                return -1;
        return (long)count;
    }

    static T[] Take<T>(ref ReadOnlySpan<byte> bytes, long count, string what)
        where T : unmanaged
    {
        // The file must really hold them before memory is taken.
        if (count < 0 || count > bytes.Length / Unsafe.SizeOf<T>())
            throw new InvalidDataException($"is no save of a trainer: it declares more values of {what} than it has bytes for");
        var values = new T[count];
        var target = MemoryMarshal.AsBytes(values.AsSpan());
        bytes[..target.Length].CopyTo(target);
        bytes = bytes[target.Length..];
        return values;
    }

    /// <summary>A save without its values.</summary>
    sealed record Head(
        string RunId,
        int Generation,
        int Attempt,
        int Epoch,
        int Steps,
        IReadOnlyList<EpochTrace> Trace,
        Cost Spent,
        int LabelCount,
        SeededRandomState Order,
        SeededRandomState Views,
        IReadOnlyList<Shape> Tensors
    )
    {
        public static Head Read(ReadOnlySpan<byte> json)
        {
            try
            {
                return
                    JsonSerializer.Deserialize<Head>(json, Json) is { } head
                    && head.Tensors.All(tensor => tensor is not null)
                    && head.Trace.All(epoch => epoch is not null)
                    ? head
                    : throw new InvalidDataException("is no save of a trainer: something is missing in its head");
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"is no save of a trainer: its head cannot be read ({e.Message.TrimEnd('.')})", e);
            }
        }

        public static Head Of(TrainerSave save) =>
            new(
                save.RunId,
                save.Generation,
                save.Attempt,
                save.Epoch,
                save.Steps,
                save.Trace,
                save.Spent,
                save.LabelsBefore.Length,
                save.Learner.Order,
                save.Learner.Views,
                [.. save.Learner.Tensors.Select(t => new Shape(t.Name, t.Shape))]
            );

        public TrainerSave With(IReadOnlyList<NamedValues> tensors, int[] labels) =>
            new(RunId, Generation, Attempt, Epoch, Steps, Trace, labels, Spent, new LearnerState(tensors, Order, Views));
    }

    sealed record Shape(string Name, long[] Sizes);
}

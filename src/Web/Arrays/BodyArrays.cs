using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;
using CoKe.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Arrays;

/// <summary>Reads the arrays that a body consists of: raw, where the length tells the shape, or .npy files one after the other.</summary>
static class BodyArrays
{
    /// <summary>The content types.</summary>
    public const string Raw = "application/octet-stream",
        Npy = "application/x-npy";

    const string IdsName = "imageIds",
        RowsName = "embeddings",
        BodyName = "body";

    /// <summary>Whether a content type is of .npy files.</summary>
    /// <exception cref="UnsupportedContentException">It is of neither kind.</exception>
    public static bool IsNpy(HttpRequest request) =>
        MediaType(request.ContentType) switch
        {
            Npy => true,
            Raw => false,
            var other => throw new UnsupportedContentException(other, $"{Raw}, or {Npy}"),
        };

    /// <summary>The content type alone, in lower case.</summary>
    public static string MediaType(string? contentType) => (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>Bytes that a body takes of the memory while it is read: .npy files are read whole, before their arrays are made of
    /// them.</summary>
    /// <exception cref="UnsupportedContentException">It is of neither kind.</exception>
    /// <exception cref="LengthRequiredException">It does not tell its length.</exception>
    public static long Memory(HttpRequest request) => IsNpy(request) ? 2 * Length(request) : Length(request);

    /// <summary>Ids and rows of a mini-batch.</summary>
    /// <param name="request">Its body has r ids, int64, then r x d rows, float32. The caller has taken room for it.</param>
    /// <param name="clustering">The run's options.</param>
    /// <param name="largestMessage">Bytes that a stream carries.</param>
    public static async Task<(int[] Ids, float[] Rows)> ReadBatchAsync(
        HttpRequest request,
        ClusteringOptions clustering,
        int largestMessage
    )
    {
        var (N, d) = (clustering.ImageCount, clustering.Dimension);
        var isNpy = IsNpy(request);
        var length = Length(request);
        var rowBytes = sizeof(long) + (sizeof(float) * (long)d);
        if (length / rowBytes is var most && sizeof(float) * most * (1L + d) > largestMessage)
            throw new Streams.OversizeMessageException((int)Math.Min(length, int.MaxValue), largestMessage);
        if (!isNpy && length % rowBytes != 0)
            throw Refuse(
                BodyName,
                $"{length} bytes",
                $"The body has {length} bytes: send 8 bytes for the id of every image and {sizeof(float) * d} for its {d} float32 values."
            );
        if (isNpy)
        {
            var files = await ReadFilesAsync(request, length);
            var ids = files.Next<int>(IdsName, 1);
            var rows = files.Next<float>(RowsName, 2, d);
            files.End();
            if (rows.Length != (long)ids.Length * d)
                throw Refuse(
                    RowsName,
                    $"{rows.Length / d}",
                    $"There are {rows.Length / d} rows for {ids.Length} ids: send one row for each."
                );
            foreach (var id in ids)
                ImageIdCheck.Known(id, N);
            return (ids, rows);
        }

        var count = (int)(length / rowBytes);
        return (await ReadIdsAsync(request.BodyReader, count, N), await ReadAsync<float>(request.BodyReader, (long)count * d, RowsName));
    }

    /// <summary>Image ids alone. The caller has taken room for them.</summary>
    public static async Task<int[]> ReadIdsAsync(HttpRequest request, ClusteringOptions clustering)
    {
        var isNpy = IsNpy(request);
        var length = Length(request);
        if (isNpy)
        {
            var files = await ReadFilesAsync(request, length);
            var ids = files.Next<int>(IdsName, 1);
            files.End();
            foreach (var id in ids)
                ImageIdCheck.Known(id, clustering.ImageCount);
            return ids;
        }

        return length % sizeof(long) == 0
            ? await ReadIdsAsync(request.BodyReader, (int)(length / sizeof(long)), clustering.ImageCount)
            : throw Refuse(BodyName, $"{length} bytes", $"The body has {length} bytes: send 8 bytes for every image id.");
    }

    /// <summary>Rows alone, n x d.</summary>
    /// <param name="request">The request.</param>
    /// <param name="dimension">d.</param>
    /// <param name="length">Bytes of the body, from <see cref="Length"/>; the caller has taken room for them.</param>
    public static async Task<float[]> ReadRowsAsync(HttpRequest request, int dimension, long length)
    {
        if (IsNpy(request))
        {
            var files = await ReadFilesAsync(request, length);
            var rows = files.Next<float>(RowsName, 2, dimension);
            files.End();
            return rows;
        }

        return length % (sizeof(float) * dimension) == 0
            ? await ReadAsync<float>(request.BodyReader, length / sizeof(float), RowsName)
            : throw Refuse(
                BodyName,
                $"{length} bytes",
                $"The body has {length} bytes: send {sizeof(float) * dimension} for the {dimension} float32 values of every row."
            );
    }

    /// <summary>Centers of a form's file, K x d.</summary>
    public static async Task<float[]> ReadCentersAsync(IFormFile file, string field, int dimension)
    {
        var bytes = new byte[file.Length];
        await using (var stream = file.OpenReadStream())
            await stream.ReadExactlyAsync(bytes);
        if (MediaType(file.ContentType) == Npy)
        {
            var files = new NpyFiles(bytes);
            var centers = files.Next<float>(field, 2, dimension);
            files.End();
            return centers;
        }

        return bytes.Length % sizeof(float) == 0
            ? MemoryMarshal.Cast<byte, float>(bytes).ToArray()
            : throw Refuse(field, $"{bytes.Length} bytes", $"{field} has {bytes.Length} bytes: send K x {dimension} float32 values.");
    }

    /// <summary>How long a body is. Bodies that do not tell are not read: how many rows they have must be known before there is room for
    /// them.</summary>
    /// <exception cref="LengthRequiredException">It does not tell.</exception>
    public static long Length(HttpRequest request) =>
        request.ContentLength switch
        {
            null => throw new LengthRequiredException(),
            0 => throw Refuse(BodyName, "0 bytes", "The body is empty: send at least one image."),
            { } length => length,
        };

    static async Task<int[]> ReadIdsAsync(PipeReader body, int count, int imageCount)
    {
        var wide = ArrayPool<long>.Shared.Rent(count);
        try
        {
            await FillAsync(body, wide.AsMemory(0, count), IdsName);
            var ids = new int[count];
            for (var i = 0; i < count; i++)
                ids[i] = ImageIdCheck.Known(wide[i], imageCount);
            return ids;
        }
        finally
        {
            ArrayPool<long>.Shared.Return(wide);
        }
    }

    static async Task<T[]> ReadAsync<T>(PipeReader body, long count, string field)
        where T : unmanaged
    {
        if (count > Array.MaxLength)
            throw Refuse(field, $"{count}", $"{field} has {count} values: send at most {Array.MaxLength} at once.");
        var values = GC.AllocateUninitializedArray<T>((int)count);
        await FillAsync<T>(body, values, field);
        return values;
    }

    static async Task<NpyFiles> ReadFilesAsync(HttpRequest request, long length) =>
        new(await ReadAsync<byte>(request.BodyReader, length, BodyName));

    // Straight from the buffers of the connection into the array: bodies are many, and of some hundred kilobytes.
    static async Task FillAsync<T>(PipeReader body, Memory<T> values, string field)
        where T : unmanaged
    {
        var filled = 0L;
        var bytes = (long)values.Length * Unsafe.SizeOf<T>();
        while (filled < bytes)
        {
            var read = await body.ReadAsync();
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, bytes - filled));
            var into = MemoryMarshal.AsBytes(values.Span);
            part.CopyTo(into[(int)filled..]);
            filled += part.Length;
            body.AdvanceTo(part.End);
            if (read.IsCompleted && filled < bytes)
                throw Refuse(field, $"{filled} bytes", $"The body ended within {field}: send all of it again.");
        }
    }

    internal static InvalidOptionsException Refuse(string field, string value, string message) => new(field, value, message);

    /// <summary>Arrays as .npy files, one after the other.</summary>
    sealed class NpyFiles(byte[] bytes)
    {
        readonly MemoryStream _stream = new(bytes);

        /// <summary>The next array.</summary>
        /// <param name="field">What it is called.</param>
        /// <param name="axes">Axes it must have.</param>
        /// <param name="columns">The length of the last axis of two.</param>
        public T[] Next<T>(string field, int axes, int? columns = null)
            where T : unmanaged
        {
            var header = Header(field);
            var (type, wanted) = (header.ElementType, ArrayType.Of<T>());
            if (type != wanted && !(wanted == ArrayType.Int32 && type == ArrayType.Int64))
                throw Refuse(
                    field,
                    ArrayType.Name(type),
                    $"{field} is an array of {ArrayType.Name(type)}: send {(wanted == ArrayType.Int32 ? "int64" : ArrayType.Name(wanted))}."
                );
            if (header.IsFortranOrder && header.Shape.Count > 1)
                throw Refuse(field, "Fortran order", $"{field} is in Fortran order: send numpy.ascontiguousarray of it.");
            var shape = string.Join(" x ", header.Shape);
            if (header.Shape.Count != axes || (columns is { } d && header.Shape[^1] != d))
                throw Refuse(
                    field,
                    shape,
                    $"{field} has the shape {shape}: send {(axes == 1 ? "one axis" : $"rows of {columns} values")}."
                );
            // In 128 bits: one or two axes of 63 bits each, whatever the header says.
            var count = header.Shape.Aggregate((Int128)1, (product, axis) => product * axis);
            var size = type == ArrayType.Int64 ? sizeof(long) : Unsafe.SizeOf<T>();
            if (count > (_stream.Length - _stream.Position) / size)
                throw Refuse(field, shape, $"{field} has the shape {shape}, and the body ends before that: send all of it again.");
            var part = bytes.AsSpan((int)_stream.Position, (int)count * size);
            _stream.Position += part.Length;
            return type == ArrayType.Int64
                ? Narrowed<T>(MemoryMarshal.Cast<byte, long>(part))
                : MemoryMarshal.Cast<byte, T>(part).ToArray();
        }

        public void End()
        {
            if (_stream.Position < _stream.Length)
                throw Refuse(BodyName, $"{_stream.Length} bytes", "The body goes on after its last array: send the arrays alone.");
        }

        NpyHeader Header(string field)
        {
            try
            {
                return NpyHeader.Read(_stream, field);
            }
            catch (InvalidFileException e)
            {
                throw new InvalidOptionsException(field, e.Value, e.Message, e);
            }
        }

        static T[] Narrowed<T>(ReadOnlySpan<long> wide)
            where T : unmanaged
        {
            var narrow = new int[wide.Length];
            for (var i = 0; i < wide.Length; i++)
                narrow[i] = ImageIdCheck.Known(wide[i], int.MaxValue);
            return (T[])(object)narrow;
        }
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.Files;
using Microsoft.AspNetCore.Http;

namespace CoKe.Web.Arrays;

/// <summary>An answer of numbers: arrays one after the other, raw or as .npy files, as the request accepts.</summary>
sealed class ArraysAnswer : IResult
{
    /// <summary>Headers that tell of what stands in the body.</summary>
    public const string Shape = "CoKe-Shape",
        Epoch = "CoKe-Epoch",
        Commit = "CoKe-Commit";

    readonly List<(string Type, long[] Shape, ReadOnlyMemory<byte>[] Parts)> _arrays = [];
    readonly EpochName? _commit;

    /// <summary>Numbers of a commit.</summary>
    public ArraysAnswer(EpochName? commit) => _commit = commit;

    /// <summary>Adds an array.</summary>
    /// <param name="parts">Its values, one part after the other.</param>
    /// <param name="shape">The length of each axis.</param>
    public ArraysAnswer Add<T>(IEnumerable<T[]> parts, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        _arrays.Add((ArrayType.Of<T>(), shape.ToArray(), [.. parts.Select(part => (ReadOnlyMemory<byte>)new BytesOf<T>(part).Memory)]));
        return this;
    }

    /// <summary>As above, of one part.</summary>
    public ArraysAnswer Add<T>(T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged => Add([values], shape);

    public async Task ExecuteAsync(HttpContext http)
    {
        var asNpy = http.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Value == BodyArrays.Npy);
        var headers = _arrays.Select(array => asNpy ? HeaderOf(array.Type, array.Shape) : []).ToArray();
        var answer = http.Response;
        answer.ContentType = asNpy ? BodyArrays.Npy : BodyArrays.Raw;
        answer.ContentLength =
            headers.Sum(header => (long)header.Length) + _arrays.Sum(array => array.Parts.Sum(part => (long)part.Length));
        answer.Headers[Shape] = string.Join(';', _arrays.Select(array => string.Join(',', array.Shape)));
        if (_commit is { } commit)
        {
            answer.Headers[Epoch] = commit.Epoch.ToString(CultureInfo.InvariantCulture);
            answer.Headers[Commit] = commit.CommittedIncarnation.ToString(CultureInfo.InvariantCulture);
        }

        for (var i = 0; i < headers.Length; i++)
        {
            await answer.Body.WriteAsync(headers[i], http.RequestAborted);
            foreach (var part in _arrays[i].Parts)
                await answer.Body.WriteAsync(part, http.RequestAborted);
        }
    }

    static byte[] HeaderOf(string type, long[] shape)
    {
        using var header = new MemoryStream();
        new NpyHeader(type, false, shape).Write(header);
        return header.ToArray();
    }

    /// <summary>The bytes of an array, without a copy.</summary>
    sealed class BytesOf<T>(T[] values) : System.Buffers.MemoryManager<byte>
        where T : unmanaged
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

        // Sockets pin what they send.
        public override unsafe System.Buffers.MemoryHandle Pin(int elementIndex = 0)
        {
            var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
            return new((byte*)handle.AddrOfPinnedObject() + elementIndex, handle, this);
        }

        public override void Unpin() { }

        protected override void Dispose(bool disposing) { }

        public override Memory<byte> Memory => CreateMemory(values.Length * Unsafe.SizeOf<T>());
    }
}

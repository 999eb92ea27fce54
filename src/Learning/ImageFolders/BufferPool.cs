using System.Collections.Concurrent;

namespace CoKe.Learning.ImageFolders;

/// <summary>Buffers of about one size, which are used again. <see cref="System.Buffers.ArrayPool{T}"/> would round the hundreds of
/// megabytes of a mini-batch up to a power of two.</summary>
sealed class BufferPool(int most)
{
    readonly ConcurrentQueue<byte[]> _free = [];

    /// <summary>At least so many bytes, of any content.</summary>
    public byte[] Rent(int bytes)
    {
        while (_free.TryDequeue(out var buffer))
            if (buffer.Length >= bytes)
                return buffer; // one that is too small is let go, so that all grow to the size that is needed
        return GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, bytes + bytes / 8L));
    }

    public void Return(byte[] buffer)
    {
        if (_free.Count < most)
            _free.Enqueue(buffer);
    }
}

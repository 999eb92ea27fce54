using System.Runtime.InteropServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Native memory that starts on a cache line and is zero at first, so that vectors never straddle two lines and nothing needs pinning.
/// </summary>
sealed unsafe class AlignedMemory<T> : IDisposable
    where T : unmanaged
{
    const nuint CacheLine = 64;

    T* _pointer;

    public AlignedMemory(long length)
    {
        var bytes = (nuint)(length * sizeof(T));
        _pointer = (T*)NativeMemory.AlignedAlloc(bytes, CacheLine);
        NativeMemory.Clear(_pointer, bytes);
    }

    ~AlignedMemory() => Free();

    public T* Pointer => _pointer;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}

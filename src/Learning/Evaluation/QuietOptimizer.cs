using System.Runtime.InteropServices;

namespace CoKe.Learning.Evaluation;

/// <summary>
/// While it lives, libtorch prints errors only. Its own L-BFGS warns of a method that TorchSharp must call to make it, which tells a user
/// nothing; other warnings come through as before and after.
/// </summary>
sealed class QuietOptimizer : IDisposable
{
    const int ErrorsOnly = 2;

    readonly nint _level;
    readonly int _before;

    public QuietOptimizer()
    {
        if (!NativeLibrary.TryLoad("libc10.so", out var c10) || !NativeLibrary.TryGetExport(c10, "FLAGS_caffe2_log_level", out _level))
            return;
        _before = Marshal.ReadInt32(_level);
        Marshal.WriteInt32(_level, ErrorsOnly);
    }

    public void Dispose()
    {
        if (_level != 0)
            Marshal.WriteInt32(_level, _before);
    }
}

using CoKe.Cli.Features;

namespace CoKe.Cli.Tests;

/// <summary>Arrays of NumPy's in files, as the command writes them.</summary>
static class SavedArray
{
    public static void Save(string path, float[] values, params long[] shape)
    {
        using var stream = File.Create(path);
        NpyFile.Write(stream, [values], shape);
    }

    public static void Save(string path, int[] values, params long[] shape)
    {
        using var stream = File.Create(path);
        NpyFile.Write(stream, [values], shape);
    }
}

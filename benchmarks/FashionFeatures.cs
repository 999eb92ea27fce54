namespace CoKe.Benchmarks;

/// <summary>PCA features of Fashion-MNIST images, made by a script beside the peers' from Debian's dataset-fashion-mnist.</summary>
static class FashionFeatures
{
    /// <summary>d.</summary>
    public const int Dimension = 128;

    /// <summary>A file of so many unit rows in <paramref name="folder"/>; null, and a sentence why, where images or Python are
    /// missing.</summary>
    public static string? Make(TemporaryFolder folder, int count)
    {
        var path = folder.File($"fashion-{count}.npy");
        return
            File.Exists(path)
            || PeerScript.Run(PeerScript.Of("features.py"), path, "--count", $"{count}", "--dimension", $"{Dimension}") is not null
            ? path
            : null;
    }
}

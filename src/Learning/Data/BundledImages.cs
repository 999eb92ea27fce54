namespace CoKe.Learning.Data;

/// <summary>The images that come with the program: a part of Fashion-MNIST.</summary>
public static class BundledImages
{
    /// <summary>Where they lie, beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist");
}

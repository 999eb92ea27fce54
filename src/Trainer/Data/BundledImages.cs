namespace CoKe.Trainer.Data;

/// <summary>The images that come with the program: a part of Fashion-MNIST.</summary>
static class BundledImages
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Bundled", "fashion-mnist");
}

using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Data;

static class BadFile
{
    /// <summary>No file that is read here may declare or hold more bytes than this: 1 GiB.</summary>
    public const long MaxBytes = 1L << 30;

    /// <summary>The typed error for a file that cannot be used; <paramref name="problem"/> continues the sentence after the name and says the remedy where there is one.</summary>
    public static InvalidFileException Because(string path, string problem) => new(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), path, $"{path} {problem}");
}

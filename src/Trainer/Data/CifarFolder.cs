namespace CoKe.Trainer.Data;

/// <summary>CIFAR-10's binary layout: records of one label byte and 3,072 bytes of a 32x32 image (red, green, blue planes), in data_batch_*.bin and test_batch.bin.</summary>
static class CifarFolder
{
    const int Side = 32, Channels = 3, ImageBytes = Channels * Side * Side, RecordBytes = 1 + ImageBytes, Classes = 10;

    public static bool Holds(string folder) => TrainingFiles(folder).Length > 0;

    public static ((ImageSet Images, EvaluationLabels Labels) Train, (ImageSet Images, EvaluationLabels Labels)? Test) Read(string folder)
    {
        var test = Path.Combine(folder, "test_batch.bin");
        return (Read(TrainingFiles(folder)), File.Exists(test) ? Read([test]) : null);
    }

    static string[] TrainingFiles(string folder) => [.. Directory.EnumerateFiles(folder, "data_batch_*.bin").Order(StringComparer.Ordinal)];

    static (ImageSet, EvaluationLabels) Read(string[] paths)
    {
        foreach (var path in paths)
        {
            var length = new FileInfo(path).Length;
            if (length == 0 || length % RecordBytes != 0)
                throw BadFile.Because(path, $"has {length} bytes, which is no whole number of CIFAR-10 records of {RecordBytes}: it is truncated or something else.");
        }
        var total = paths.Sum(path => new FileInfo(path).Length);
        if (total > BadFile.MaxBytes)
            throw BadFile.Because(paths[0], $"and its siblings hold {total} bytes, more than the limit of {BadFile.MaxBytes}.");
        var count = (int)(total / RecordBytes);
        var (pixels, classes, next) = (new byte[(long)count * ImageBytes], new int[count], 0);
        foreach (var path in paths)
        {
            var bytes = File.ReadAllBytes(path);
            for (var at = 0; at + RecordBytes <= bytes.Length && next < count; at += RecordBytes, next++)
            {
                if (bytes[at] >= Classes)
                    throw BadFile.Because(path, $"has the label {bytes[at]} at byte {at}, where CIFAR-10 has 0 to {Classes - 1}: it is no CIFAR-10 binary.");
                classes[next] = bytes[at];
                bytes.AsSpan(at + 1, ImageBytes).CopyTo(pixels.AsSpan(next * ImageBytes));
            }
        }
        return (new ImageSet(pixels, Channels, Side, Side), new EvaluationLabels(classes));
    }
}

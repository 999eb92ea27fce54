namespace CoKe.Trainer.Data.ImageFolders;

/// <summary>Training and test images in folders beside each other, as ImageNet has them.</summary>
/// <param name="Train">train, or the folder itself if there is no train in it.</param>
/// <param name="Test">val or test beside train, with the class numbers of the training images; null: there is none that can be evaluated.</param>
public sealed record ImageFolderSplit(ImageFolder Train, ImageFolder? Test)
{
    /// <summary>What cannot be evaluated, and why.</summary>
    public EvaluationGaps Gaps { get; init; } = new();

    /// <summary>Lists both.</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">There are no training images.</exception>
    public static ImageFolderSplit Open(string root)
    {
        var train = Path.Combine(root, "train");
        if (!Directory.Exists(train))
            return new ImageFolderSplit(ImageFolder.Open(root), null);
        var images = ImageFolder.Open(train);
        var gaps = new EvaluationGaps();
        var test = new[] { "val", "test" }.Select(name => Path.Combine(root, name)).Where(Directory.Exists)
            .Select(folder => gaps.Read(() => ImageFolder.Open(folder).WithClassesOf(images, gaps))).FirstOrDefault(found => found is not null);
        return new ImageFolderSplit(images, test) { Gaps = gaps };
    }
}

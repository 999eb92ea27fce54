namespace CoKe.Trainer.Data.ImageFolders;

/// <summary>Training and test images in folders beside each other, as ImageNet has them.</summary>
/// <param name="Train">train, or the folder itself if there is no train in it.</param>
/// <param name="Test">val or test beside train, with the class numbers of the training images; null: there is none.</param>
public sealed record ImageFolderSplit(ImageFolder Train, ImageFolder? Test)
{
    /// <summary>Lists both.</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">There are no images, or test images of other classes.</exception>
    public static ImageFolderSplit Open(string root)
    {
        var train = Path.Combine(root, "train");
        if (!Directory.Exists(train))
            return new ImageFolderSplit(ImageFolder.Open(root), null);
        var images = ImageFolder.Open(train);
        var test = new[] { "val", "test" }.Select(name => Path.Combine(root, name)).FirstOrDefault(Directory.Exists);
        return new ImageFolderSplit(images, test is null ? null : ImageFolder.Open(test).WithClassesOf(images));
    }
}

using CoKe.Trainer.Data.ImageFolders;

namespace CoKe.Trainer.Data;

/// <summary>Finds out what a folder holds.</summary>
public static class TrainingImages
{
    /// <summary>Opens the training images of a folder of IDX files, of CIFAR binaries, or of images.</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidFileException">Nothing that can be read is there, or a file is damaged.</exception>
    public static IImageSource Open(string folder, ImageFolderOptions options)
    {
        if (!Directory.Exists(folder))
            throw BadFile.Because(folder, "is no folder; give one with IDX files, CIFAR binaries or images.");
        return CifarFolder.LayoutOf(folder) is not null || IdxFolder.Holds(folder)
            ? new MemoryImages(Dataset.Load(folder).Train)
            : new FolderImages(ImageFolderSplit.Open(folder).Train, options);
    }
}

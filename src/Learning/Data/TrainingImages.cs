using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>Finds out what a folder holds.</summary>
public static class TrainingImages
{
    /// <summary>Opens the training images of a folder of IDX files, of CIFAR binaries, or of images.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">Nothing that can be read is there, or a file is damaged.</exception>
    public static IImageSource Open(string folder, ImageFolderOptions options)
    {
        var place = DataPlace.Of(folder);
        return place.Format == DataFormat.Folders
            ? new FolderImages(ImageFolderSplit.Open(place.Folder).Train, options)
            : new MemoryImages(Dataset.Load(place).Train);
    }
}

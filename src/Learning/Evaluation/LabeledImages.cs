using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;

namespace CoKe.Learning.Evaluation;

/// <summary>Images whose classes are known, as evaluation needs them.</summary>
/// <param name="Name">Of their folder.</param>
/// <param name="Train">Probes and neighbors learn from these.</param>
/// <param name="TrainClasses">Their classes.</param>
/// <param name="Test">These are asked for.</param>
/// <param name="TestClasses">Their classes.</param>
public sealed record LabeledImages(
    string Name,
    IImageSource Train,
    EvaluationLabels TrainClasses,
    IImageSource Test,
    EvaluationLabels TestClasses
)
{
    /// <summary>Those of a folder.</summary>
    /// <param name="data">The images.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InvalidOptionsException">It has no test images, or no classes.</exception>
    public static LabeledImages Of(RunImages data, string folder)
    {
        var reasons = data.NotEvaluated.Count > 0 ? $" ({string.Join(" ", data.NotEvaluated)})" : "";
        if (data.Train.Classes is not { } classes)
            throw Refuse(
                $"has no classes, and everything that is measured compares with them{reasons}: "
                    + "give a folder of images in a folder for every class"
            );
        if (data.Test is not { Classes: { } testClasses } test)
            throw Refuse($"has no test images with classes{reasons}: {Remedy(folder)}");
        return new LabeledImages(data.Name, data.Train.Images, classes, test.Images, testClasses);

        static string Remedy(string folder) =>
            DataPlace.Of(folder) switch
            {
                { Format: DataFormat.Folders } => PartFolders.In(folder).Train is { } train
                    ? $"put them into a folder 'val' beside {train}, in folders of the same classes"
                    : "move its folders of classes into one called 'train', and put test images into 'val' beside it, "
                        + "in folders of the same classes",
                { Set: { } set } => $"put {(set.Name.Length > 0 ? $"{set.Name}-test" : "t10k")}-images-idx3-ubyte and "
                    + $"{(set.Name.Length > 0 ? $"{set.Name}-test" : "t10k")}-labels-idx1-ubyte beside the training images",
                { Layout: { } layout } => $"put {layout.TestFile} beside the training images",
                _ => "put them beside the training images",
            };

        InvalidOptionsException Refuse(string problem) => new("data", folder, $"{folder} {problem}, or name other data by --data.");
    }
}

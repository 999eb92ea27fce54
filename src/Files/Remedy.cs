namespace CoKe.Files;

/// <summary>What to do with a file that is something else than was wanted. Each is tried by a test.</summary>
static class Remedy
{
    const string OtherImage = "give the image itself, as PNG or JPEG, or take the file away.";

    const string OtherData = "give IDX files, CIFAR binaries, or the images as PNG files in a folder for every class.";

    const string OtherRecipe = "a recipe is text, as 'coke-train recipes' lists some.";

    const string SaveWeights =
        "safetensors.torch.save_file({n: t.contiguous().clone() for n, t in tensors.items() if hasattr(t, 'contiguous')}, "
        + "'weights.safetensors').";

    public static string OfPacked(Wanted wanted, string program) =>
        wanted switch
        {
            Wanted.Image => OtherImage,
            _ => $"unpack it with '{program} -dc FILE > OTHER' and give the other.",
        };

    public static string OfImage(Wanted wanted) =>
        wanted switch
        {
            Wanted.Array =>
                "features are numbers that an encoder makes of images, one row each; 'coke-train train' learns from images themselves.",
            Wanted.Image => "convert it to PNG or JPEG.",
            Wanted.Data => OtherData,
            Wanted.Recipe => OtherRecipe,
            _ => "encoders are read from safetensors.",
        };

    public static string OfIdx(Wanted wanted) =>
        wanted switch
        {
            Wanted.Array => OfImage(Wanted.Array),
            Wanted.Image => "give the folder of IDX files by itself.",
            Wanted.Data => "give the folder in which it lies, named NAME-images-idx3-ubyte, with NAME-labels-idx1-ubyte beside it.",
            Wanted.Recipe => OtherRecipe,
            _ => "encoders are read from safetensors.",
        };

    public static string InPython(Wanted wanted, string reader) =>
        wanted switch
        {
            Wanted.Array => $"read it in Python, x = {reader}, and write the rows with numpy.save('features.npy', x).",
            Wanted.Image => OtherImage,
            Wanted.Data => OtherData,
            Wanted.Recipe => OtherRecipe,
            _ => "encoders are read from safetensors; write the tensors with safetensors.torch.save_file(tensors, 'weights.safetensors').",
        };

    public static string InTorch(Wanted wanted) =>
        wanted switch
        {
            Wanted.Array =>
                "read it in Python, x = torch.load(FILE, map_location='cpu'), and write the rows with numpy.save('features.npy', "
                    + "x.numpy()).",
            Wanted.Weights =>
                "read it in Python, tensors = torch.load(FILE, map_location='cpu'); tensors = tensors.get('state_dict', tensors), "
                    + $"and write them with {SaveWeights}",
            _ => InPython(wanted, ""),
        };

    /// <summary>Pickles are never read: whoever reads one runs the program in it.</summary>
    public static string OfPickle(Wanted wanted) => InPython(wanted, "pickle.load(open(FILE, 'rb'))");

    public static string OfZip(Wanted wanted) =>
        wanted switch
        {
            Wanted.Array or Wanted.Weights => $", as torch.save writes them: {InTorch(wanted)}",
            Wanted.Image => $": {OtherImage}",
            Wanted.Data => ": unpack it with 'unzip FILE' and give the folder.",
            _ => $": {OtherRecipe}",
        };

    public static string OfTar(Wanted wanted) =>
        wanted switch
        {
            Wanted.Image => OtherImage,
            Wanted.Data => "unpack it with 'tar -xf FILE' and give the folder.",
            Wanted.Recipe => OtherRecipe,
            _ => "unpack it with 'tar -xf FILE' and give the file in it.",
        };

    public static string OfText(Wanted wanted) => InPython(wanted, "numpy.loadtxt(FILE, delimiter=',', dtype='float32')");
}

using CoKe.ConstrainedKMeans;
using TorchSharp;

namespace CoKe.Trainer.Training;

/// <summary>Where tensors are.</summary>
static class TrainingDevice
{
    /// <summary>The device of a name.</summary>
    /// <exception cref="InvalidOptionsException">It is not there.</exception>
    public static torch.Device Of(string name) => name == "cuda" && !torch.cuda.is_available()
        ? throw new InvalidOptionsException("device", name, "--device cuda finds no such device: use a build with -p:Torch=cuda on a machine that has one, or --device cpu.")
        : torch.device(name);
}

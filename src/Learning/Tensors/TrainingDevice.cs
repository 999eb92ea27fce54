using CoKe.Errors;
using TorchSharp;

namespace CoKe.Learning.Tensors;

/// <summary>Where tensors are.</summary>
public static class TrainingDevice
{
    /// <summary>The device of a name.</summary>
    /// <param name="name">cpu or cuda.</param>
    /// <param name="localRank">Which of the trainers on this machine asks: each has a CUDA device of its own. Null: there is one
    /// trainer.</param>
    /// <exception cref="InvalidOptionsException">It is not there.</exception>
    public static torch.Device Of(string name, int? localRank = null)
    {
        if (name != "cuda")
            return torch.device(name);
        if (!torch.cuda.is_available())
            throw new InvalidOptionsException(
                "device",
                name,
                "--device cuda finds no such device: use a build with -p:Torch=cuda on a machine that has one, or --device cpu."
            );
        if (localRank is not { } index)
            return torch.device(name);
        return index < torch.cuda.device_count()
            ? torch.device(name, index)
            : throw new InvalidOptionsException(
                "device",
                name,
                $"--device cuda finds {torch.cuda.device_count()} CUDA devices for {index + 1} or more trainers on this machine: "
                    + "start one per device."
            );
    }
}

using System.Runtime.CompilerServices;
using CoKe.Learning.Tensors;
using TorchSharp;

// Initial weights come from libtorch's global generator.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace CoKe.Trainer.Tests;

static class TestSetup
{
    [ModuleInitializer]
    internal static void OneThread()
    {
        Libtorch.Prepare();
        torch.set_num_threads(1);
    }
}

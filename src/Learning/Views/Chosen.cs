using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Operations on some images of a batch: those are taken out, changed together and put back, so that the rest costs
/// nothing.</summary>
static class Chosen
{
    /// <summary>Replaces the images that <paramref name="chosen"/> names by what <paramref name="change"/> makes of them and their
    /// places.</summary>
    public static void Change(Tensor images, ReadOnlySpan<bool> chosen, Func<Tensor, int[], Tensor> change)
    {
        List<int> places = [];
        for (var i = 0; i < chosen.Length; i++)
            if (chosen[i])
                places.Add(i);
        if (places.Count == 0)
            return;
        using var scope = NewDisposeScope();
        int[] indices = [.. places];
        if (indices.Length == images.shape[0])
        {
            images.copy_(change(images, indices));
            return;
        }

        var index = tensor(indices, ScalarType.Int64).to(images.device);
        images.index_copy_(0, index, change(images.index_select(0, index), indices));
    }
}

using CoKe.Silo;

return await SiloCommand.Create().Parse(args).InvokeAsync();

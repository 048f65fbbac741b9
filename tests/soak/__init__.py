"""An agent for hours, at many virtual routers: does anything of it grow?"""
